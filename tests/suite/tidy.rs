//! The walls between the rooms, and what every file has: a first line that says what it is, and a size to be read at.

use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 500;

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
        if entry.is_dir() {
            rust_files(&entry, found);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            found.push(entry);
        }
    }
}

/// Path from the root, text without comments.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "entity/src", "migration/src", "tests"] {
        rust_files(&root.join(folder), &mut files);
    }
    assert!(files.len() > 50, "{} files", files.len());
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).expect("text");
        (path.strip_prefix(root).expect("inside").display().to_string(), text)
    };
    files.into_iter().map(read).collect()
}

fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn each_room_keeps_to_its_own_tools() {
    let walls: [(&str, &[&str]); 5] = [
        ("sea_orm::", &["src/store/"]),
        ("async_graphql::", &["src/graphql/", "src/push/", "src/http/graphql/"]),
        ("axum::", &["src/http/", "src/push/", "src/app.rs"]),
        ("Timestamp::now", &["src/clock.rs"]),
        ("clap::", &["src/cli/", "src/main.rs", "src/config/"]),
    ];
    let mut broken = Vec::new();
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("src/")) {
        for (word, rooms) in walls {
            if !rooms.iter().any(|room| path.starts_with(room)) && code(text).any(|line| line.contains(word)) {
                broken.push(format!("{path} says {word}"));
            }
        }
        if path.starts_with("src/domain/") && code(text).any(|line| line.contains("tokio") || line.contains("async ")) {
            broken.push(format!("{path} is not pure"));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

/// What is not in the list of measures is not in the README either.
#[test]
fn each_measure_is_one_of_the_list() {
    let list = include_str!("../../src/measures.rs");
    let (others, mut found) = (["wattline_scope", "wattline_session", "wattline_sign_in"], 0);
    for (path, text) in sources().iter().filter(|(path, _)| path.starts_with("src/") && path != "src/measures.rs") {
        for name in code(text).flat_map(|line| line.split('"')).filter(|word| word.starts_with("wattline_")) {
            if !others.contains(&name) {
                assert!(list.contains(&format!("\"{name}\"")), "{path} has {name}");
                found += 1;
            }
        }
    }
    assert!(found > 20, "{found}");
}

#[test]
fn every_file_says_what_it_is_and_can_be_read() {
    for (path, text) in sources() {
        assert!(text.starts_with("//! "), "{path} does not say what it is");
        assert!(text.lines().count() <= LONGEST_FILE, "{path} is longer than {LONGEST_FILE} lines");
    }
}
