//! Directed graphs of small numbers: a loop as its full path, and an order in which everything
//! stands behind what it needs. Used for environments, segments and flags.

use std::collections::VecDeque;

/// Returns one loop for each group of nodes that need each other: a shortest one through the
/// group's smallest node, as the path that begins at that node and ends where it began (which is
/// written once); loops in order of that node. `edges[n]` lists what `n` needs; edges to nodes
/// that do not exist are skipped.
#[must_use]
pub fn cycles(edges: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let groups = groups(edges);
    let mut seen = vec![false; edges.len()];
    let mut came_from: Vec<Option<usize>> = vec![None; edges.len()];
    let mut found = Vec::new();
    for (node, group) in groups.iter().enumerate() {
        // The first node of a group is its smallest.
        if let Some(seen) = seen.get_mut(*group)
            && !std::mem::replace(seen, true)
        {
            found.extend(shortest_loop(edges, &groups, node, &mut came_from));
        }
    }
    found
}

/// Returns for each node the number of its group: the nodes that reach it and that it reaches
/// (Tarjan's strongly connected components, with a stack of its own). An edge within a group is part
/// of a loop.
#[must_use]
pub fn groups(edges: &[Vec<usize>]) -> Vec<usize> {
    const NONE: usize = usize::MAX;
    // The order in which nodes were met, the earliest open one that each reaches, and its group.
    let mut met = vec![NONE; edges.len()];
    let mut low = vec![NONE; edges.len()];
    let mut group = vec![NONE; edges.len()];
    let (mut count, mut group_count) = (0, 0);
    let mut open: Vec<usize> = Vec::new();
    let mut path: Vec<(usize, std::slice::Iter<'_, usize>)> = Vec::new();
    for start in 0..edges.len() {
        let mut entered = (at(&met, start) == NONE).then_some(start);
        loop {
            if let Some(node) = entered.take() {
                set(&mut met, node, count);
                set(&mut low, node, count);
                count += 1;
                open.push(node);
                path.push((node, edges.get(node).map_or([].iter(), |list| list.iter())));
            }
            let Some((node, targets)) = path.last_mut() else {
                break;
            };
            let node = *node;
            if let Some(target) = targets.next().copied() {
                if target >= edges.len() {
                    continue;
                }
                if at(&met, target) == NONE {
                    entered = Some(target);
                } else if at(&group, target) == NONE {
                    let lowest = at(&low, node).min(at(&met, target));
                    set(&mut low, node, lowest);
                }
                continue;
            }
            path.pop();
            if let Some((above, _)) = path.last() {
                let lowest = at(&low, *above).min(at(&low, node));
                set(&mut low, *above, lowest);
            }
            if at(&low, node) == at(&met, node) {
                while let Some(member) = open.pop() {
                    set(&mut group, member, group_count);
                    if member == node {
                        break;
                    }
                }
                group_count += 1;
            }
        }
    }
    group
}

/// Returns a shortest path from a node back to itself, which stays in its group by nature.
/// `came_from` is empty for every node of the group.
fn shortest_loop(
    edges: &[Vec<usize>],
    groups: &[usize],
    start: usize,
    came_from: &mut [Option<usize>],
) -> Option<Vec<usize>> {
    let group = groups.get(start);
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for target in edges.get(node).into_iter().flatten().copied() {
            if target == start {
                let mut path = vec![node];
                let mut last = node;
                while let Some(before) = came_from.get(last).copied().flatten() {
                    path.push(before);
                    last = before;
                }
                path.reverse();
                return Some(path);
            }
            if groups.get(target) == group
                && let Some(slot @ None) = came_from.get_mut(target)
            {
                *slot = Some(node);
                queue.push_back(target);
            }
        }
    }
    None
}

fn at(list: &[usize], node: usize) -> usize {
    list.get(node).copied().unwrap_or(usize::MAX)
}

/// Returns the nodes in an order in which each stands behind everything that it needs. Nodes on a
/// loop stand in some order.
#[must_use]
pub fn dependency_order(edges: &[Vec<usize>]) -> Vec<usize> {
    let mut met = vec![false; edges.len()];
    let mut order = Vec::with_capacity(edges.len());
    // The walk has its own stack: chains may be as long as there are nodes.
    let mut path: Vec<(usize, std::slice::Iter<'_, usize>)> = Vec::new();
    for (start, targets) in edges.iter().enumerate() {
        if met.get(start) == Some(&false) {
            set(&mut met, start, true);
            path.push((start, targets.iter()));
        }
        while let Some((node, targets)) = path.last_mut() {
            match targets.next() {
                None => {
                    order.push(*node);
                    path.pop();
                }
                Some(target) => {
                    if met.get(*target) == Some(&false)
                        && let Some(next) = edges.get(*target)
                    {
                        set(&mut met, *target, true);
                        path.push((*target, next.iter()));
                    }
                }
            }
        }
    }
    order
}

fn set<T>(list: &mut [T], node: usize, value: T) {
    if let Some(slot) = list.get_mut(node) {
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

    #[test]
    fn a_group_is_told_by_one_loop() {
        let edges: Vec<Vec<usize>> = (0..30_000).map(|node| vec![node + 1, 0]).collect();
        assert_eq!(cycles(&edges), vec![vec![0]]);
        let edges: Vec<Vec<usize>> = (0..30_000)
            .map(|node| {
                if node == 0 {
                    vec![1]
                } else {
                    vec![node + 1, 0]
                }
            })
            .collect();
        assert_eq!(cycles(&edges), vec![vec![0, 1]]);
        let edges = vec![vec![3, 9], vec![2], vec![1], vec![4, 0], vec![0]];
        assert_eq!(cycles(&edges), vec![vec![0, 3], vec![1, 2]]);
    }
}
