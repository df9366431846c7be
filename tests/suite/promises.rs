//! What the README promises is tested, and nothing is built that is banned.

use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// The README names a test beside each promise: `room::test`, in `tests/suite`.
#[test]
fn each_names_a_test_that_there_is() {
    let readme = read("README.md");
    let section =
        readme.split("\n## Promises\n").nth(1).and_then(|rest| rest.split("\n## ").next()).expect("a section");
    let rows: Vec<&str> =
        section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| promise")).collect();
    assert!(rows.len() > 15, "{} promises", rows.len());
    for row in rows {
        let cell = row.trim_end_matches(" |").rsplit(" | ").next().expect("a cell");
        let tests: Vec<&str> = cell.split('`').skip(1).step_by(2).collect();
        assert!(!tests.is_empty(), "no test in {row}");
        for test in tests {
            let (room, name) = test.rsplit_once("::").unwrap_or_else(|| panic!("{test} has no room"));
            let text = read(&format!("tests/suite/{}.rs", room.replace("::", "/")));
            assert!(text.contains(&format!("fn {name}(")), "there is no test {test}");
        }
    }
}

/// A package of the lock file.
#[derive(serde::Deserialize)]
struct Package {
    name: String,
    version: String,
    source: Option<String>,
}

#[derive(serde::Deserialize)]
struct Lock {
    package: Vec<Package>,
}

#[derive(serde::Deserialize)]
struct Policy {
    bans: Bans,
}

#[derive(serde::Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(serde::Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
}

/// Major, minor, patch.
fn numbers(version: &str) -> Vec<u64> {
    let release = version.split(['-', '+']).next().unwrap_or_default();
    release.split('.').map(|number| number.parse().expect("a number")).collect()
}

/// What `make audit` finds too, where cargo-deny is installed; this holds everywhere.
#[test]
fn nothing_banned_or_from_elsewhere_is_built() {
    let policy: Policy = toml::from_str(&read("deny.toml")).expect("a policy");
    let lock: Lock = toml::from_str(&read("Cargo.lock")).expect("a lock file");
    assert!(lock.package.len() > 200 && policy.bans.deny.len() >= 2);
    for Ban { name } in &policy.bans.deny {
        let (banned, before) = name.split_once(':').map_or((name.as_str(), None), |(name, range)| {
            (name, Some(range.strip_prefix('<').unwrap_or_else(|| panic!("{range} is not below a version"))))
        });
        let is_banned = |package: &&Package| {
            package.name == banned && before.is_none_or(|before| numbers(&package.version) < numbers(before))
        };
        let found = lock.package.iter().find(is_banned).map(|package| package.version.clone());
        assert_eq!(found, None, "{name} is banned");
    }
    let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
    let elsewhere: Vec<&str> = lock
        .package
        .iter()
        .filter(|package| package.source.as_deref().is_some_and(|source| source != crates_io))
        .map(|package| package.name.as_str())
        .collect();
    assert!(elsewhere.is_empty(), "{elsewhere:?}");
    assert!(numbers("7.0.9") < numbers("7.0.10") && numbers("8.0.0-rc.5") > numbers("7.0.10"));
}
