//! The command line: import with its summary and rejects file, stats, schema.

use std::fs::File;
use std::io::Write as _;
use std::process::{Output, Stdio};

use serde_json::Value;

use crate::harness::{Database, on_both};
use crate::recordings::wattline;

on_both!(rejected_lines_can_be_mended_and_sent_again);

async fn rejected_lines_can_be_mended_and_sent_again(database: Database) {
    let folder = tempfile::tempdir().expect("a folder");
    let (file, rejects) = (folder.path().join("in.csv"), folder.path().join("rejects.csv"));
    let csv = "machine,time,energy_kwh\npress,2026-11-01T08:00:00Z,1.5\npress,2026-11-01T08:01:00,2\n\"saw, big\",2026-11-01T08:00:00Z,-1\n";
    std::fs::write(&file, csv).expect("written");
    let (file, rejects) = (file.to_str().expect("a path"), rejects.to_str().expect("a path"));
    let output =
        wattline(&database, &["import", "--auto-register", file, "--rejects", rejects]).output().expect("runs");
    assert_eq!(output.status.code(), Some(1), "a rejected line is a failure to a script");
    let summary = String::from_utf8_lossy(&output.stdout);
    assert_eq!(summary, "accepted   1\nduplicates 0\ncorrected  0\nrejected   2\n");
    let rejected = std::fs::read_to_string(rejects).expect("a rejects file");
    let mut lines = rejected.lines();
    assert_eq!(lines.next(), Some("machine,time,energy_kwh,line,code,message"));
    assert!(
        lines.next().is_some_and(|line| line.starts_with("press,2026-11-01T08:01:00,2,3,INVALID_TIME,")),
        "{rejected}"
    );
    assert!(
        lines.next().is_some_and(|line| line.starts_with("\"saw, big\",2026-11-01T08:00:00Z,-1,4,NEGATIVE_ENERGY,")),
        "{rejected}"
    );
    let mended = rejected.replace(",-1,", ",1,");
    let mut import = wattline(&database, &["import", "--auto-register", "--timezone", "UTC", "-"]);
    let mut import = import.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("runs");
    import.stdin.take().expect("a pipe").write_all(mended.as_bytes()).expect("written");
    let output = import.wait_with_output().expect("ends");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("accepted   2\n"));
    let stats = wattline(&database, &["stats", "--as-of", "2026-11-01T09:00:00Z", "--json"]).output().expect("runs");
    let stats: Value = serde_json::from_slice(&stats.stdout).expect("JSON");
    assert_eq!((&stats["total_readings"], &stats["total_energy"]), (&3.into(), &4.5.into()));
    let table = wattline(&database, &["stats", "--as-of", "2026-11-01T09:00:00Z"]).output().expect("runs");
    assert!(String::from_utf8_lossy(&table.stdout).contains("total energy         4.50 kWh"), "{table:?}");
}

/// Lines are numbered as an editor numbers them, whatever system wrote the file.
#[test]
fn lines_are_numbered_as_an_editor_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("in.csv");
    for line_end in ["\n", "\r\n"] {
        let lines =
            ["machine,time,energy_kwh", "press,1793520000,1", "", "press,x,1", "\"two", "lines\",y,1", "press,z,1"];
        std::fs::write(&file, lines.join(line_end)).expect("written");
        let output = wattline(&Database::sqlite(), &["import", "--auto-register", file.to_str().expect("a path")])
            .output()
            .expect("runs");
        let said = String::from_utf8_lossy(&output.stderr);
        for line in ["line 4: INVALID_TIME", "line 5: INVALID_TIME", "line 7: INVALID_TIME", "no line end"] {
            assert!(said.contains(line), "{line:?} in {said}");
        }
    }
}

#[test]
fn mistakes_cost_nothing() {
    let database = Database::sqlite();
    let run = |arguments: &[&str]| wattline(&database, arguments).output().expect("runs");
    let said = |output: &Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let missing = run(&["stats"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(said(&missing).contains("there is no database") && !database.path().exists(), "{}", said(&missing));

    let file = database.folder().join("in.csv");
    let csv = "machine,time,energy_kwh\npress,1793520000,1\npress,x,1\n";
    std::fs::write(&file, csv).expect("written");
    let file_name = file.to_str().expect("a path");
    let same = run(&["import", "--auto-register", file_name, "--rejects", file_name]);
    assert_eq!(same.status.code(), Some(2), "{}", said(&same));
    assert_eq!(std::fs::read_to_string(&file).expect("the input"), csv, "the input is as it was");

    assert_eq!(run(&["import", "--auto-register", file_name]).status.code(), Some(1));
    let demo = run(&["demo", "--listen", "127.0.0.1:0"]);
    assert_eq!(demo.status.code(), Some(2), "a demo does not write among a plant's readings");
    assert!(said(&demo).contains("press"), "{}", said(&demo));

    let full = wattline(&database, &["schema"]).stdout(File::create("/dev/full").expect("a device")).output();
    let full = full.expect("runs");
    assert_eq!(full.status.code(), Some(2));
    assert!(said(&full).contains("standard output cannot be written"), "{}", said(&full));
}

/// `schema.graphql` is what the program prints.
#[test]
fn the_schema_is_printed() {
    let output = wattline(&Database::sqlite(), &["schema"]).output().expect("runs");
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let kept = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap_or_default();
    assert!(printed == kept, "schema.graphql is out of date: write it with `cargo run -- schema > schema.graphql`");
}

/// `detect` judges each row by itself and those before it, says what is open, and where that began its score peaks.
#[test]
fn rows_are_judged_by_what_came_before() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("power.csv");
    let detect = |rows: &[String], more: &[&str]| {
        std::fs::write(&file, format!("time,value\n{}\n", rows.join("\n"))).expect("written");
        let arguments = [&["detect", file.to_str().expect("a path")], more].concat();
        wattline(&Database::sqlite(), &arguments).output().expect("runs")
    };
    let printed = |output: &Output| -> Vec<(String, f64, String)> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut lines = text.lines();
        assert_eq!(lines.next(), Some("time,value,score,severity"));
        let row = |line: &str| {
            let fields: Vec<&str> = line.split(',').collect();
            (fields[..2].join(","), fields[2].parse().expect("a score"), fields[3].to_owned())
        };
        lines.map(row).collect()
    };
    // Ten days at five minutes; on the last one the machine stands still for two hours at noon.
    let value = |minute: u64| match minute {
        13_680..13_800 => 0.0,
        minute if (360..1320).contains(&(minute % 1440)) => 40.0 + (minute * 7919 % 100) as f64 / 25.0,
        minute => 5.0 + (minute * 7919 % 100) as f64 / 100.0,
    };
    let time = |minute: u64| format!("2026-01-{:02} {:02}:{:02}:00", 5 + minute / 1440, minute / 60 % 24, minute % 60);
    let rows: Vec<String> = (0..14_400).step_by(5).map(|m| format!("{},{}", time(m), value(m))).collect();
    let output = detect(&rows, &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let all = printed(&output);
    assert!(all.iter().map(|row| &row.0).eq(&rows), "each row as it was");
    assert!(all.iter().all(|row| (0.0..=1.0).contains(&row.1)));
    let opened = all.iter().position(|row| row.0.starts_with("2026-01-14 12:0") && row.2 == "CRITICAL");
    let opened = opened.expect("a machine that stands still at noon is told at once");
    assert!(all[opened - 1].2.is_empty(), "not before");
    assert!(all[opened + 1..opened + 12].iter().all(|row| row.1 < all[opened].1), "it peaks where it begins");
    let evening = all.iter().filter(|row| ("2026-01-14 16:00"..="2026-01-14 21:00").contains(&&row.0[..16]));
    assert!(evening.clone().count() > 50 && evening.clone().all(|row| row.2.is_empty()), "over, once it is back");
    let first_part = printed(&detect(&rows[..=opened], &[]));
    assert_eq!(first_part, all[..=opened], "what comes later changes nothing");
    // A row that cannot be read keeps no other one out.
    let mut odd = rows[..3].to_vec();
    odd.insert(1, "2026-01-05 00:01:00,much".to_owned());
    odd.insert(2, "2026-01-05 00:01:01,1e300".to_owned());
    let output = detect(&odd, &[]);
    assert_eq!((output.status.code(), printed(&output).len()), (Some(1), 3));
    let why = "line 3: \"much\" is not a number\nline 4: \"1e300\" is not a number of at most 1e12\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), why);
    odd.truncate(2);
    odd[1] = "2026-01-05 00:05:00,5,1".to_owned();
    let output = detect(&odd, &[]);
    assert_eq!((output.status.code(), printed(&output).len()), (Some(1), 1));
    let why = "line 3: the row has 3 fields, the header 2: is it a decimal comma?\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), why);
    odd[1] = "\u{1b}[31mnever,5".to_owned();
    let why = String::from_utf8_lossy(&detect(&odd, &[]).stderr).into_owned();
    assert!(why.starts_with("line 3: `\u{fffd}[31mnever` is not a time"), "{why}");
    // Nor does one that comes too late, but that is said.
    let output = detect(&[rows[2].clone(), rows[1].clone(), rows[1].clone(), rows[3].clone()], &[]);
    assert_eq!((output.status.code(), printed(&output).len()), (Some(0), 4));
    let why = "line 3: the time is not after those before it; of 2 such rows none is judged: sort the file by time\n";
    assert_eq!(String::from_utf8_lossy(&output.stderr), why);
    for wrong in
        [["--timezone", "Mars"], ["--rated-power", "0"], ["--rated-power", "nan"], ["--expected-interval", "0"]]
    {
        assert_eq!(detect(&rows[..3], &wrong).status.code(), Some(2), "{wrong:?}");
    }
}
