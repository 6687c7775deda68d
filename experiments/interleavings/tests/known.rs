//! Answers that are known without the explorer, and that it must give.

use explorer::graph;
use interleavings::{
    BUDGET, Exploration, Memory, Program, VARIANTS, explore, fetch_add, load_add_store, locked, messages, multinomial,
    one_order, opposite_order, separate_memory,
};

fn explored(program: &Program) -> Exploration {
    explore(program, BUDGET).unwrap()
}

/// The lowest and the highest value of the only cell.
fn reach(found: &Exploration) -> (i32, i32) {
    (found.ends.first_key_value().unwrap().0[0], found.ends.last_key_value().unwrap().0[0])
}

#[test]
fn two_workers_that_load_add_and_store_have_20_interleavings_and_2_right_ones() {
    let found = explored(&load_add_store(2, 1));
    assert_eq!((found.interleavings, found.adding_up_to(2), found.adding_up_to(1)), (20, 2, 18));
    assert!(found.deadlocks.is_empty());
}

#[test]
fn two_workers_that_add_several_times_can_end_at_2_and_no_lower() {
    assert_eq!(reach(&explored(&load_add_store(2, 1))), (1, 2));
    for times in 2..=12 {
        let found = explored(&load_add_store(2, times));
        assert_eq!(reach(&found), (2, 2 * times as i32));
        assert_eq!(found.interleavings, multinomial(&[3 * times, 3 * times]).unwrap());
        assert_eq!(found.adding_up_to(2 * times as i64), multinomial(&[times, times]).unwrap());
        assert_eq!(found.ends.len(), 2 * times - 1, "every value between can be the last");
    }
    assert_eq!(reach(&explored(&load_add_store(3, 3))), (2, 9));
    assert_eq!(reach(&explored(&load_add_store(4, 2))), (2, 8));
}

#[test]
fn one_step_or_a_lock_leaves_the_order_of_the_additions_and_nothing_else() {
    for (workers, times) in [(2, 1), (2, 5), (3, 2), (4, 2)] {
        for program in [fetch_add(workers, times), locked(workers, times)] {
            let found = explored(&program);
            let all = (workers * times) as i32;
            assert_eq!((reach(&found), found.ends.len()), ((all, all), 1));
            assert_eq!(Some(found.interleavings), multinomial(&vec![times; workers]));
            assert!(found.deadlocks.is_empty());
        }
    }
}

#[test]
fn locks_in_opposite_order_deadlock_and_in_one_order_never() {
    for (workers, times) in [(2, 1), (2, 3), (3, 1), (3, 2), (4, 1), (4, 2)] {
        let found = explored(&opposite_order(workers, times));
        // In whichever round each of them is, all wait for the same: it is one deadlock, with all ways into it.
        let [deadlock] = &found.deadlocks[..] else { panic!("{:?}", found.deadlocks) };
        assert_eq!(found.way_into(deadlock).len(), workers, "each takes its first lock, and that's it");
        assert_eq!(deadlock.waits.len(), workers);
        assert!(deadlock.waits.iter().all(|(worker, _, holder)| *holder == Some((worker + 1) % workers)));
        assert_eq!(found.interleavings, found.deadlocked() + found.adding_up_to((workers * times) as i64));
        assert!(explored(&one_order(workers, times)).deadlocks.is_empty());
    }
    let found = explored(&opposite_order(2, 1));
    let said = "A waits for the lock b, which B holds; B waits for the lock a, which A holds";
    assert_eq!(found.deadlocks[0].to_string(), said);
    assert_eq!((found.interleavings, found.deadlocked()), (6, 2));
}

#[test]
fn with_separate_memory_and_no_messages_every_interleaving_ends_the_same() {
    for (workers, times) in [(2, 1), (2, 4), (3, 2), (4, 2)] {
        let found = explored(&separate_memory(workers, times));
        assert_eq!(Some(found.interleavings), multinomial(&vec![3 * times; workers]));
        assert_eq!(found.ends.keys().collect::<Vec<_>>(), [&vec![times as i32; workers]]);
    }
    // So it is with any steps but messages, even with locks that all share.
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..300 {
        let workers = random.usize(2..=4);
        let step =
            |random: &mut fastrand::Rng| ["load x", "add 3", "store x", "store y", "fetch-add y 2"][random.usize(..5)];
        let line =
            |random: &mut fastrand::Rng| (0..random.usize(1..=5)).map(|_| step(random)).collect::<Vec<_>>().join("; ");
        let text = (0..workers).map(|_| format!("lock a; {}; unlock a; {}", line(&mut random), line(&mut random)));
        let program: Program = text.collect::<Vec<_>>().join(" | ").parse().unwrap();
        let found = explored(&Program { memory: Memory::Separate, ..program.clone() });
        assert_eq!(found.ends.len(), 1, "{program}");
    }
}

#[test]
fn a_count_that_goes_round_has_one_interleaving_and_messages_that_meet_have_several_ends() {
    for (workers, times) in [(2, 1), (3, 3), (4, 2)] {
        let found = explored(&messages(workers, times));
        assert_eq!((found.interleavings, found.adding_up_to((workers * times) as i64)), (1, 1));
    }
    let program: Program = "A: add 1; send c | B: add 2; send c | C: receive c; store x".parse().unwrap();
    let found = explored(&Program { memory: Memory::Separate, ..program });
    assert_eq!((found.interleavings, found.ends.len()), (24, 2));
}

#[test]
fn what_waits_for_ever_is_a_deadlock() {
    for (program, waits, interleavings) in [
        ("lock a; lock a | add 1", "A waits for the lock a, which it holds itself", 2),
        ("receive c | add 1", "A waits for a message in c", 1),
        ("lock a | lock a", "B waits for the lock a, which A holds", 2),
        ("receive c; send d | receive d; send c", "A waits for a message in c; B waits for a message in d", 1),
    ] {
        let found = explored(&program.parse().unwrap());
        assert!(found.ends.is_empty());
        assert_eq!(found.deadlocks[0].to_string(), waits);
        assert_eq!((found.interleavings, found.deadlocked()), (interleavings, interleavings));
    }
}

#[test]
fn the_states_that_are_stepped_through_are_those_that_were_explored() {
    for variant in VARIANTS {
        for (workers, times) in [(2, 1), (2, 3), (3, 1)] {
            let program = (variant.program)(workers, times);
            let (found, (nodes, cells, _)) = (explored(&program), graph(&program));
            assert_eq!((nodes.len(), &cells), (found.states, &found.cells));
            // Each state stands behind those that lead to it, so the ways from it can be counted from the last on.
            let mut ways = vec![0_u128; nodes.len()];
            for (number, node) in nodes.iter().enumerate().rev() {
                let next: Vec<usize> = node.next.iter().flatten().copied().collect();
                assert!(next.iter().all(|next| *next > number));
                ways[number] = if next.is_empty() { 1 } else { next.iter().map(|next| ways[*next]).sum() };
            }
            assert_eq!(ways[0], found.interleavings);
        }
    }
}

#[test]
fn sequences_of_some_lengths_have_as_many_interleavings_as_the_formula_says() {
    assert_eq!(multinomial(&[3, 3]), Some(20));
    assert_eq!(multinomial(&[6, 6, 6, 6]), Some(2_308_743_493_056));
    assert_eq!(multinomial(&[5]), Some(1));
    assert_eq!(multinomial(&[]), Some(1));
    assert_eq!(multinomial(&[60, 60]), Some(96_614_908_840_363_322_603_893_139_521_372_656));
    assert_eq!(multinomial(&[3000, 3000]), None);
}

#[test]
fn the_formula_gives_every_number_that_can_be_held_and_no_other() {
    // Pascal's triangle: each number is the sum of the two above it, and none once that is too large.
    let mut row = vec![Some(1_u128)];
    for all in 0..=200 {
        for (first, ways) in row.iter().enumerate() {
            assert_eq!(multinomial(&[first, all - first]), *ways, "{first} of {all}");
        }
        let between = row.windows(2).map(|two| two[0]?.checked_add(two[1]?));
        row = [Some(1)].into_iter().chain(between).chain([Some(1)]).collect();
    }
    assert!(row.contains(&None));
    // With a third worker, its ways to come in between are one factor more.
    for (two, three) in [([2, 60], 1), ([30, 30], 30), ([40, 40], 17), ([60, 64], 2), ([60, 64], 1), ([1, 1], 120)] {
        let [ways, thirds] = [multinomial(&two), multinomial(&[two[0] + two[1], three])];
        assert_eq!(multinomial(&[two[0], two[1], three]), ways.unwrap().checked_mul(thirds.unwrap()));
    }
}

#[test]
fn four_workers_of_six_steps_fit_into_little_memory() {
    // The last adds another number at every step, so that as many values as possible can be told apart.
    for program in [
        load_add_store(4, 2),
        "load x; add 1; store x; load x; add 2; store x | load x; add 10; store x; load x; add 20; store x \
         | load x; add 100; store x; load x; add 200; store x | load x; add -13; store x; load x; add -17; store x"
            .parse()
            .unwrap(),
    ] {
        assert_eq!(explore(&program, 100 << 20).unwrap().interleavings, 2_308_743_493_056);
    }
}

#[test]
fn what_is_too_large_is_given_up_and_says_how_large_it_is() {
    let error = explore(&load_add_store(4, 4), 1 << 20).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("4 workers of 12, 12, 12, 12 steps") && said.contains("its 1 MiB"), "{said}");
    assert!(error.states > 1000 && said.contains("about 2.4e26 interleavings"), "{said}");
    let said = explore(&fetch_add(2, 1000), BUDGET).unwrap_err().to_string();
    assert!(said.contains("about 2.0e600 interleavings") && said.contains("beyond 3.4e38"), "{said}");
}
