//! Answers that are known without the explorer, and that it must give; and what it refuses.

use explorer::{
    BUDGET, Exploration, Memory, Program, explore, graph, multinomial, sum,
};

fn program(text: &str) -> Program {
    text.parse().unwrap()
}

fn separate(text: &str) -> Program {
    Program { memory: Memory::Separate, ..program(text) }
}

fn explored(program: &Program) -> Exploration {
    explore(program, BUDGET).unwrap()
}

/// This many workers that add one to the same cell this many times.
fn adding(workers: usize, times: usize) -> Program {
    program(&["load x; add 1; store x"].repeat(workers).join(" | "))
        .repeated(times)
        .unwrap()
}

#[test]
fn with_separate_memory_and_no_messages_every_interleaving_ends_the_same() {
    let mut random = fastrand::Rng::with_seed(1);
    for _ in 0..300 {
        let workers = random.usize(2..=4);
        let step = |random: &mut fastrand::Rng| {
            ["load x", "add 3", "store x", "store y", "fetch-add y 2"]
                [random.usize(..5)]
        };
        let line = |random: &mut fastrand::Rng| {
            (0..random.usize(1..=5))
                .map(|_| step(random))
                .collect::<Vec<_>>()
                .join("; ")
        };
        let text = (0..workers).map(|_| {
            format!(
                "lock a; {}; unlock a; {}",
                line(&mut random),
                line(&mut random)
            )
        });
        let program = separate(&text.collect::<Vec<_>>().join(" | "));
        assert_eq!(explored(&program).ends.len(), 1, "{program}");
    }
}

#[test]
fn messages_that_meet_have_several_ends() {
    let found = explored(&separate(
        "A: add 1; send c | B: add 2; send c | C: receive c; store x",
    ));
    assert_eq!((found.interleavings, found.ends.len()), (24, 2));
}

#[test]
fn what_waits_for_ever_is_a_deadlock() {
    for (text, waits, interleavings) in [
        (
            "lock a; lock a | add 1",
            "A waits for the lock a, which it holds itself",
            2,
        ),
        ("receive c | add 1", "A waits for a message in c", 1),
        ("lock a | lock a", "B waits for the lock a, which A holds", 2),
        (
            "receive c; send d | receive d; send c",
            "A waits for a message in c; B waits for a message in d",
            1,
        ),
    ] {
        let found = explored(&program(text));
        assert!(found.ends.is_empty());
        assert_eq!(found.deadlocks[0].to_string(), waits);
        assert_eq!(
            (found.interleavings, found.deadlocked()),
            (interleavings, interleavings)
        );
    }
}

#[test]
fn cells_can_add_up_to_more_than_one_of_them_holds() {
    // A number goes round: each of four workers adds 100,000 to it and stores it in 52 cells of its own, 60 times over.
    let add = "add 1000; ".repeat(100);
    let store: String = ('a'..='z')
        .chain('A'..='Z')
        .map(|cell| format!("; store {cell}"))
        .collect();
    let others = [('b', 'c'), ('c', 'd'), ('d', 'a')];
    let others = others.map(|(from, to)| {
        format!("| receive {from}; {add}{}; send {to}", &store[2..])
    });
    let program =
        separate(&format!("{add}send b; receive a{store} {}", others.concat()))
            .repeated(60)
            .unwrap();
    let found = explored(&program);
    let all = 52 * (24_000_000 + 23_800_000 + 23_900_000 + 24_000_000);
    assert!(all > i64::from(i32::MAX));
    assert_eq!(
        found.ends.keys().map(|memory| sum(memory)).collect::<Vec<_>>(),
        [all]
    );
}

#[test]
fn the_states_that_are_stepped_through_are_those_that_were_explored() {
    let opposite = "lock a; lock b; fetch-add x 1; unlock b; unlock a | lock b; lock a; store x; unlock a; unlock b";
    let messages = "add 1; send b; receive a; store x | receive b; add 1; send a";
    let three = program(
        "load x; add 1; store x | lock a; fetch-add x 1; unlock a | lock a; store x",
    );
    for program in [
        adding(2, 1),
        adding(2, 3),
        adding(3, 1),
        program(opposite),
        separate(messages),
        three,
    ] {
        let (found, (nodes, cells, _)) = (explored(&program), graph(&program));
        assert_eq!((nodes.len(), &cells), (found.states, &found.cells));
        // Each state stands behind those that lead to it, so the ways from it can be counted from the last on.
        let mut ways = vec![0_u128; nodes.len()];
        for (number, node) in nodes.iter().enumerate().rev() {
            let next: Vec<usize> = node.next.iter().flatten().copied().collect();
            assert!(next.iter().all(|next| *next > number));
            ways[number] = if next.is_empty() {
                1
            } else {
                next.iter().map(|next| ways[*next]).sum()
            };
        }
        assert_eq!(ways[0], found.interleavings);
    }
}

#[test]
fn the_formula_gives_every_number_that_can_be_held_and_no_other() {
    // Pascal's triangle: each number is the sum of the two above it, and none once that is too large.
    let mut row = vec![Some(1_u128)];
    for all in 0..=200 {
        for (first, ways) in row.iter().enumerate() {
            assert_eq!(
                multinomial(&[first, all - first]),
                *ways,
                "{first} of {all}"
            );
        }
        let between = row.windows(2).map(|two| two[0]?.checked_add(two[1]?));
        row = [Some(1)].into_iter().chain(between).chain([Some(1)]).collect();
    }
    assert!(row.contains(&None));
    assert_eq!(
        (multinomial(&[]), multinomial(&[6, 6, 6, 6])),
        (Some(1), Some(2_308_743_493_056))
    );
    // With a third worker, its ways to come in between are one factor more.
    for (two, three) in [
        ([2, 60], 1),
        ([30, 30], 30),
        ([40, 40], 17),
        ([60, 64], 2),
        ([60, 64], 1),
        ([1, 1], 120),
    ] {
        let [ways, thirds] =
            [multinomial(&two), multinomial(&[two[0] + two[1], three])];
        assert_eq!(
            multinomial(&[two[0], two[1], three]),
            ways.unwrap().checked_mul(thirds.unwrap())
        );
    }
}

#[test]
fn four_workers_of_six_steps_fit_into_little_memory() {
    // The last adds another number at every step, so that as many values as possible can be told apart.
    let several = "load x; add 1; store x; load x; add 2; store x | load x; add 10; store x; load x; add 20; store x \
         | load x; add 100; store x; load x; add 200; store x | load x; add -13; store x; load x; add -17; store x";
    for program in [adding(4, 2), program(several)] {
        assert_eq!(
            explore(&program, 100 << 20).unwrap().interleavings,
            2_308_743_493_056
        );
    }
}

#[test]
fn what_is_too_large_is_given_up_and_says_how_large_it_is() {
    let error = explore(&adding(4, 4), 1 << 20).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("4 workers of 12, 12, 12, 12 steps")
            && said.contains("its 1 MiB"),
        "{said}"
    );
    assert!(
        error.states > 1000 && said.contains("about 2.4e26 interleavings"),
        "{said}"
    );
    let many = program("fetch-add x 1 | fetch-add x 1").repeated(1000).unwrap();
    let said = explore(&many, BUDGET).unwrap_err().to_string();
    assert!(
        said.contains("about 2.0e600 interleavings")
            && said.contains("beyond 3.4e38"),
        "{said}"
    );
}

#[test]
fn what_is_no_program_says_why() {
    for (text, says) in [
        ("", "1 worker; write 2 to 4"),
        ("load x", "1 worker; write 2 to 4"),
        ("load x | load x | load x | load x | load x", "5 workers; write 2 to 4"),
        ("load x |", "B has 0 steps"),
        ("load x | jump x", "\"jump x\" is no step; write one of: load x"),
        ("load x | load", "\"load\" is no step"),
        ("load x | load total", "\"total\" is no name; a name is one letter"),
        ("load x | load \u{e4}", "is no name"),
        ("load x | add x", "\"x\" is no whole number from -1000 to 1000"),
        (
            "load x | fetch-add x 1001",
            "step 1 of B, fetch-add x 1001: add a whole number",
        ),
        ("load x | add 99999999999", "is no whole number"),
        (
            "load x | lock a; unlock a; unlock a",
            "step 3 of B, unlock a: B doesn't hold a there",
        ),
        ("A: lock a | B: unlock a", "B doesn't hold a there"),
        ("A: load x | C: load x", "\"C\" is no name for worker 2; call it B"),
    ] {
        let said = text.parse::<Program>().unwrap_err();
        assert!(said.contains(says) && !said.contains('\n'), "{text}: {said}");
    }
    let long = format!("load x | {}", "add 1; ".repeat(10_001));
    assert!(
        long.parse::<Program>()
            .unwrap_err()
            .contains("B has 10001 steps; write 1 to 10000")
    );
    assert!(
        program("load x | load x")
            .repeated(10_001)
            .unwrap_err()
            .contains("A has 10001 steps then")
    );
}
