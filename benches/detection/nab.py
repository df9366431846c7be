"""Scores `wattline detect` on the Numenta Anomaly Benchmark with the benchmark's own code: causal, one setting.

    cargo build --release
    git clone https://github.com/numenta/NAB target/NAB
    python3 -m venv target/nab && target/nab/bin/pip install 'numpy<2' 'pandas<2.3' scikit-learn
    target/nab/bin/python benches/detection/nab.py target/NAB target/release/wattline
"""

import csv
import json
import os
import shutil
import subprocess
import sys


def main(nab, wattline):
    nab = os.path.abspath(nab)
    sys.path.insert(0, nab)
    from nab.runner import Runner

    results = os.path.join(nab, "results", "wattline")
    shutil.rmtree(results, ignore_errors=True)
    labels = os.path.join(nab, "labels", "combined_windows.json")
    with open(labels, encoding="utf-8") as file:
        windows = json.load(file)
    for name in windows:
        folder, base = os.path.split(name)
        os.makedirs(os.path.join(results, folder), exist_ok=True)
        judge(os.path.join(nab, "data", name), windows[name], os.path.join(results, folder, f"wattline_{base}"), wattline)

    config = os.path.join(nab, "config")
    runner = Runner(
        dataDir=os.path.join(nab, "data"),
        resultsDir=os.path.join(nab, "results"),
        labelPath=labels,
        profilesPath=os.path.join(config, "profiles.json"),
        thresholdPath=os.path.join(config, "thresholds.json"),
        numCPUs=os.cpu_count(),
    )
    runner.initialize()
    runner.score(["wattline"], runner.optimize(["wattline"]))
    runner.normalize()


def judge(data, windows, result, wattline):
    """Judges a file and writes what the scorer reads."""
    judged = subprocess.run([wattline, "detect", data], check=True, capture_output=True, text=True).stdout
    # The benchmark writes the ends of windows with fractions of a second, its data without.
    windows = [(begin[:19], end[:19]) for begin, end in windows]
    with open(result, "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["timestamp", "value", "anomaly_score", "label"])
        for row in csv.DictReader(judged.splitlines()):
            is_odd = any(begin <= row["time"] <= end for begin, end in windows)
            rows.writerow([row["time"], row["value"], row["score"], int(is_odd)])


if __name__ == "__main__":
    main(*sys.argv[1:3])
