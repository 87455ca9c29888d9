//! A bounded queue that its users share fairly: served in turn (round robin), and when it is full, a newcomer takes the last
//! place of the user who has the most (longest queue drop). One user alone may have several places; that user's jobs delay
//! only each other. A pure data structure: the caller answers those who are refused.

use std::collections::VecDeque;

/// The jobs of one user, oldest first.
struct Line<K, T> {
    user: K,
    jobs: VecDeque<T>,
}

/// The queue. The user at the front is served next.
pub struct FairQueue<K, T> {
    lines: VecDeque<Line<K, T>>,
    capacity: usize,
}

impl<K: PartialEq, T> FairQueue<K, T> {
    /// A queue of at most `capacity` jobs.
    pub const fn new(capacity: usize) -> Self {
        Self { lines: VecDeque::new(), capacity }
    }

    /// How many jobs wait.
    pub fn waiting(&self) -> usize {
        self.lines.iter().map(|line| line.jobs.len()).sum()
    }

    /// Queues a job, and returns the one that has no place: another user's newest when that user has more places than this one
    /// will have, else this job. `places` is the most that this user may have.
    pub fn push(&mut self, user: K, places: usize, job: T) -> Option<T> {
        let own = self.lines.iter().position(|line| line.user == user);
        let held = own.map_or(0, |own| self.lines[own].jobs.len());
        if held >= places {
            return Some(job);
        }
        let displaced = if self.waiting() < self.capacity {
            None
        } else {
            let longest = self.lines.iter_mut().max_by_key(|line| line.jobs.len());
            match longest.filter(|line| line.jobs.len() > held + 1) {
                Some(longest) => longest.jobs.pop_back(),
                None => return Some(job),
            }
        };
        match own {
            Some(own) => self.lines[own].jobs.push_back(job),
            None => self.lines.push_back(Line { user, jobs: VecDeque::from([job]) }),
        }
        displaced
    }

    /// Takes the oldest job of the user whose turn it is.
    pub fn pop(&mut self) -> Option<T> {
        let mut line = self.lines.pop_front()?;
        let job = line.jobs.pop_front();
        if !line.jobs.is_empty() {
            self.lines.push_back(line);
        }
        job
    }

    /// Drops the jobs that need not be done.
    pub fn retain(&mut self, needed: impl Fn(&T) -> bool) {
        for line in &mut self.lines {
            line.jobs.retain(&needed);
        }
        self.lines.retain(|line| !line.jobs.is_empty());
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn filled(capacity: usize, jobs: &[(u8, u32)]) -> FairQueue<u8, u32> {
        let mut queue = FairQueue::new(capacity);
        for &(user, job) in jobs {
            assert_eq!(queue.push(user, capacity, job), None);
        }
        queue
    }

    fn drained(mut queue: FairQueue<u8, u32>) -> Vec<u32> {
        std::iter::from_fn(|| queue.pop()).collect()
    }

    #[test]
    fn users_are_served_in_turn_and_each_in_the_order_of_its_own_jobs() {
        let queue = filled(8, &[(1, 10), (1, 11), (1, 12), (2, 20), (3, 30), (2, 21)]);
        assert_eq!(drained(queue), [10, 20, 30, 11, 21, 12]);
    }

    #[test]
    fn a_newcomer_takes_the_newest_job_of_the_user_with_the_most() {
        let mut queue = filled(4, &[(1, 10), (1, 11), (1, 12), (2, 20)]);
        assert_eq!(queue.push(1, 9, 13), Some(13), "nobody has more");
        assert_eq!(queue.push(3, 9, 30), Some(12));
        assert_eq!(queue.push(2, 9, 21), Some(21), "two against one and one: no better");
        assert_eq!(drained(queue), [10, 20, 30, 11]);
    }

    #[test]
    fn a_user_has_no_more_places_than_allowed_though_others_are_free() {
        let mut queue = filled(8, &[(1, 10), (1, 11)]);
        assert_eq!(queue.push(1, 2, 12), Some(12));
        assert_eq!(queue.push(2, 2, 20), None);
    }

    #[test]
    fn jobs_that_are_not_needed_leave_their_places() {
        let mut queue = filled(4, &[(1, 10), (1, 11), (2, 20), (3, 30)]);
        queue.retain(|job| job % 10 != 0);
        assert_eq!(queue.waiting(), 1);
        assert_eq!(drained(queue), [11]);
    }

    proptest! {
        /// However the others push, a user who keeps one job in the queue at a time gets a place, as long as some user has two,
        /// and waits for at most one job of each other user.
        #[test]
        fn no_crowd_keeps_a_modest_user_out(pushes in proptest::collection::vec((1_u8..8, any::<u32>()), 0..200)) {
            let mut queue = FairQueue::new(16);
            for (user, job) in pushes {
                let before = queue.waiting();
                let refused = queue.push(user, 16, Some(job));
                prop_assert_eq!(queue.waiting(), before + usize::from(refused.is_none()));
                prop_assert!(queue.waiting() <= 16);
            }
            prop_assert_ne!(queue.push(0, 16, None), Some(None));
            let turn = std::iter::from_fn(|| queue.pop()).position(|job| job.is_none()).unwrap();
            prop_assert!(turn <= 7, "{turn}");
        }
    }
}
