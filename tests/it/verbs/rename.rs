//! `rename`: every place that names the flag, and those that name another one.

use ffctl::model::FlagKey;
use ffctl::patch::{Refusal, Renamed, Subject, rename};

use super::{Project, assert_refused, assert_tree};
use crate::support::ENVIRONMENTS;

const CART: &str =
    "default_value: false\nenvironments: {production: {enabled: true, percentage: 25}}\n";

const CHECKOUT: &str = "\
default_value: false
depends_on:
  - {flag: cart, required_value: true}
  - {repository: shop, flag: cart, required_value: true}
  - {flag: stock, required_value: true}
environments: {production: true}
tests:
  - name: with a cart
    environment: production
    flags: {stock: true, cart: true, cart_v2: false}
    expect: {value: true}
  - name: without
    environment: production
    expect: {value: false}
";

const STOCK: &str = "default_value: false\nenvironments: {production: true}\n";

const APART: &str = "\
dependencies:
  - flag: cart
    depends_on: [{repository: shop, flag: cart, required_value: true}]
  - flag: till
    depends_on: [{flag: cart, required_value: true}, {flag: stock, required_value: true}]
";

fn project(cart: &str) -> Project {
    Project::new(&[
        ("environments.yaml", ENVIRONMENTS),
        ("flag-dependencies.yaml", APART),
        ("cart.yaml", cart),
        ("checkout.yaml", CHECKOUT),
        ("stock.yaml", STOCK),
        ("till.yaml", STOCK),
    ])
}

fn renamed(project: &Project, to: &str) -> Result<Renamed, Refusal> {
    let others: Vec<Subject<'_>> = ["cart", "checkout", "stock", "till"]
        .map(|key| project.subject(key))
        .to_vec();
    let apart = project.roots.get("flag-dependencies.yaml");
    rename(
        &project.subject("cart"),
        &others,
        apart,
        &FlagKey::new(to).unwrap(),
    )
}

#[test]
fn the_old_key_becomes_the_salt() {
    let done = renamed(&project(CART), "basket").unwrap();
    assert_tree(
        &done.root,
        "{default_value: false, salt: cart, environments: {production: {enabled: true, percentage: 25}}}",
    );
    assert!(done.notes.iter().any(|note| note.contains("salt: cart")));
}

#[test]
fn a_salt_that_is_there_stays() {
    let salted = format!("flag_id: cart\nsalt: trolley\n{CART}");
    let done = renamed(&project(&salted), "basket").unwrap();
    assert_tree(
        &done.root,
        "{flag_id: basket, salt: trolley, default_value: false, \
         environments: {production: {enabled: true, percentage: 25}}}",
    );
    assert!(!done.notes.iter().any(|note| note.contains("salt")));
}

#[test]
fn dependants_follow_and_other_repositories_do_not() {
    let done = renamed(&project(CART), "basket").unwrap();
    let keys: Vec<&str> = done.others.iter().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys, ["checkout"], "others are left out");
    assert_tree(
        &done.others[0].1,
        "
default_value: false
depends_on:
  - {flag: basket, required_value: true}
  - {repository: shop, flag: cart, required_value: true}
  - {flag: stock, required_value: true}
environments: {production: true}
tests:
  - name: with a cart
    environment: production
    flags: {stock: true, basket: true, cart_v2: false}
    expect: {value: true}
  - name: without
    environment: production
    expect: {value: false}
",
    );
    assert!(
        done.notes
            .iter()
            .any(|note| note.contains("other repositories"))
    );
}

#[test]
fn dependencies_apart_follow_on_both_ends() {
    let done = renamed(&project(CART), "basket").unwrap();
    assert_tree(
        &done.dependencies_apart.unwrap(),
        "
dependencies:
  - flag: basket
    depends_on: [{repository: shop, flag: cart, required_value: true}]
  - flag: till
    depends_on: [{flag: basket, required_value: true}, {flag: stock, required_value: true}]
",
    );
}

#[test]
fn a_file_that_does_not_name_it_is_not_written() {
    let project = project(CART);
    let apart = super::tree_of(
        "dependencies: [{flag: till, depends_on: [{flag: stock, required_value: true}]}]",
    );
    let others = [project.subject("stock")];
    let to = FlagKey::new("basket").unwrap();
    let done = rename(&project.subject("cart"), &others, Some(&apart), &to).unwrap();
    assert!(done.others.is_empty());
    assert!(done.dependencies_apart.is_none());
}

#[test]
fn all_of_it_together_is_a_sound_project() {
    let before = project(CART);
    let done = renamed(&before, "basket").unwrap();
    let mut files = before.files.clone();
    files.remove("cart.yaml");
    files.insert("basket.yaml".to_owned(), super::yaml_of(&done.root));
    for (key, root) in &done.others {
        files.insert(format!("{key}.yaml"), super::yaml_of(root));
    }
    let apart = done.dependencies_apart.unwrap();
    files.insert("flag-dependencies.yaml".to_owned(), super::yaml_of(&apart));
    let after = Project::of(files);
    assert_eq!(after.catalog.flags["basket"].salt(), "cart");
    let needed = &after.catalog.flags["checkout"].depends_on[0].flag;
    assert_eq!(needed.as_str(), "basket");
}

#[test]
fn only_the_case_may_change() {
    assert!(renamed(&project(CART), "Cart").is_ok());
}

#[test]
fn a_key_that_is_taken_is_refused() {
    let project = project(CART);
    assert_refused(renamed(&project, "STOCK"), false, &["`stock`"]);
    assert_refused(renamed(&project, "cart"), true, &["already"]);
    assert_refused(
        renamed(&project, "segments"),
        true,
        &["of the format's own"],
    );
}
