//! Directed graphs of small numbers: a loop as its full path, and an order in which everything
//! stands behind what it needs. Used for environments, segments and flags.

/// Returns one loop for each group of nodes that need each other, each as the path that begins
/// and ends at the same node (which is written once), starting at its smallest node; loops in
/// order of that node. `edges[n]` lists what `n` needs; edges to nodes that do not exist are
/// skipped.
#[must_use]
pub fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut state = vec![State::New; edges.len()];
    let mut found = Vec::new();
    for start in 0..edges.len() {
        walk(edges, start, &mut state, &mut |path| {
            let smallest = path
                .iter()
                .enumerate()
                .min_by_key(|(_, node)| **node)
                .map_or(0, |(at, _)| at);
            let mut rotated = path.to_vec();
            rotated.rotate_left(smallest);
            found.push(rotated);
        });
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// Returns the nodes in an order in which each stands behind everything that it needs. Nodes on a
/// loop stand in some order.
#[must_use]
pub fn dependency_order(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut state = vec![State::New; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    for start in 0..edges.len() {
        order.extend(walk(edges, start, &mut state, &mut |_| {}));
    }
    order
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    New,
    Open,
    Done,
}

/// A depth-first walk with its own stack: chains may be as long as there are nodes. Returns the
/// nodes that it finished, in order, and tells of every edge back into the open path.
fn walk(
    edges: &[Vec<usize>],
    start: usize,
    state: &mut [State],
    on_loop: &mut impl FnMut(&[usize]),
) -> Vec<usize> {
    let mut finished = Vec::new();
    let mut path: Vec<usize> = Vec::new();
    let mut next_edge: Vec<usize> = Vec::new();
    if state.get(start) == Some(&State::New) {
        path.push(start);
        next_edge.push(0);
    }
    while let (Some(node), Some(edge)) = (path.last().copied(), next_edge.last_mut()) {
        set(state, node, State::Open);
        let target = edges
            .get(node)
            .and_then(|targets| targets.get(*edge))
            .copied();
        *edge += 1;
        match target {
            None => {
                set(state, node, State::Done);
                finished.push(node);
                path.pop();
                next_edge.pop();
            }
            Some(target) => match state.get(target) {
                Some(State::New) => {
                    path.push(target);
                    next_edge.push(0);
                }
                Some(State::Open) => {
                    let from = path.iter().position(|node| *node == target).unwrap_or(0);
                    on_loop(path.get(from..).unwrap_or_default());
                }
                Some(State::Done) | None => {}
            },
        }
    }
    finished
}

fn set(state: &mut [State], node: usize, value: State) {
    if let Some(slot) = state.get_mut(node) {
        *slot = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loops_are_told_whole_and_once() {
        let edges = vec![vec![1], vec![2], vec![0, 3], vec![], vec![4], vec![0]];
        assert_eq!(cycles(&edges), vec![vec![0, 1, 2], vec![4]]);
    }

    #[test]
    fn everything_stands_behind_what_it_needs() {
        let edges = vec![vec![2, 1], vec![2], vec![], vec![0]];
        assert_eq!(dependency_order(&edges), vec![2, 1, 0, 3]);
    }

    #[test]
    fn long_chains_do_not_overflow_the_stack() {
        let edges: Vec<Vec<usize>> = (0..200_000).map(|node| vec![node + 1]).collect();
        assert!(cycles(&edges).is_empty());
        assert_eq!(dependency_order(&edges).len(), 200_000);
    }
}
