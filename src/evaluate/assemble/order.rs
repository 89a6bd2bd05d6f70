//! Order of things that use each other.

/// Returns the nodes 0 to `count` (exclusive), each after those that it uses; or, if there is none,
/// nodes each of which uses the next, and the last the first.
///
/// Runs in linear time, and without recursion: a chain may be as long as the document.
pub(super) fn order<'u>(
    count: usize,
    uses: impl Fn(u32) -> &'u [u32],
) -> Result<Vec<u32>, Vec<u32>> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    let mut states = vec![State::New; count];
    let mut order = Vec::with_capacity(count);
    // Open nodes, and how many of the nodes that each uses were looked at.
    let mut open: Vec<(u32, usize)> = Vec::new();
    for start in (0..).take(count) {
        let mut next = Some(start);
        while let Some(node) = next {
            match states[node as usize] {
                State::New => {
                    states[node as usize] = State::Open;
                    open.push((node, 0));
                }
                State::Open => {
                    let first = open
                        .iter()
                        .position(|(opened, _)| *opened == node)
                        .unwrap_or(0);
                    return Err(open[first..].iter().map(|(opened, _)| *opened).collect());
                }
                State::Done => {}
            }
            next = None;
            while let (None, Some((last, looked_at))) = (next, open.last_mut()) {
                next = uses(*last).get(*looked_at).copied();
                *looked_at += 1;
                if next.is_none() {
                    states[*last as usize] = State::Done;
                    order.push(*last);
                    open.pop();
                }
            }
        }
    }
    Ok(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(uses: &[&[u32]]) -> Result<Vec<u32>, Vec<u32>> {
        order(uses.len(), |node| uses[node as usize])
    }

    #[test]
    fn used_nodes_come_first() {
        assert_eq!(of(&[&[1, 2], &[2], &[], &[0]]), Ok(vec![2, 1, 0, 3]));
        assert_eq!(of(&[]), Ok(vec![]));
    }

    #[test]
    fn a_cycle_is_returned_whole() {
        assert_eq!(of(&[&[1], &[2], &[3], &[1]]), Err(vec![1, 2, 3]));
        assert_eq!(of(&[&[0]]), Err(vec![0]));
    }

    #[test]
    fn long_chains_do_not_recurse() {
        let count = 200_000;
        let uses: Vec<[u32; 1]> = (1..).take(count).map(|next| [next]).collect();
        let last = count - 1;
        let order = order(count, |node| {
            if node as usize == last {
                &[]
            } else {
                &uses[node as usize]
            }
        });
        assert_eq!(order.unwrap().first().copied(), u32::try_from(last).ok());
    }
}
