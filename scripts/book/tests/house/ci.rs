//! CONTRIBUTING.md says for every step of CI what to do when it fails.

use std::fs;

use crate::root;

#[test]
fn every_step_of_ci_has_a_repair_recipe_and_every_recipe_a_step() {
    let run = fs::read_to_string(root().join(".ci/run")).unwrap();
    let mut steps: Vec<&str> = run.lines().filter_map(|line| line.strip_prefix("step ")).collect();
    let contributing = fs::read_to_string(root().join("CONTRIBUTING.md")).unwrap();
    let section = contributing.split_once("\n## When CI fails\n").unwrap().1;
    // A step's first row begins with it in code; the first cell of its further rows is empty.
    let recipes = section.lines().filter_map(|line| Some(line.strip_prefix("| `")?.split_once("` |")?.0));
    let mut recipes: Vec<&str> = recipes.collect();
    assert!(steps.len() > 5, "{steps:?}");
    // Some step may come twice.
    for list in [&mut steps, &mut recipes] {
        list.sort_unstable();
        list.dedup();
    }
    assert_eq!(recipes, steps, "the steps of .ci/run and the table at the end of CONTRIBUTING.md");
}
