"""Faults in machines of another make than the demo plant's, through `wattline detect`: a guard against our own benchmark.

    cargo build --release
    python3 -m venv target/nab && target/nab/bin/pip install 'numpy<2'
    target/nab/bin/python benches/detection/workshop.py target/release/wattline [SECONDS] [MACHINE ...]

Five weeks of each machine, at one reading in so many seconds (60), of two seeds: by the first one faults were looked at,
the second is for looking at once. Neither nameplates nor the machines' kinds are told to the detector.
"""

import os
import subprocess
import sys
import tempfile

import numpy as np

WEEKS = 5
DAYS = 7 * WEEKS
DAY_S = 86_400
# A Monday, 2026-01-05, 00:00 UTC.
MONDAY_S = 1_767_571_200
# Tries of each fault on each machine.
TRIES = 5
SEEDS = {"development": 1, "test": 2}


class Clock:
    """The instants for which a plant is made, and their place in the day and the week."""

    def __init__(self, step_s):
        self.step_s = step_s
        self.s = np.arange(0, DAYS * DAY_S, step_s)
        self.day = self.s // DAY_S
        self.weekday = self.day % 7
        self.hour = self.s % DAY_S / 3600


class Chance:
    """What differs from machine to machine and from day to day."""

    def __init__(self, clock, seed):
        self.clock = clock
        self.random = np.random.default_rng(seed)

    def noise(self, size):
        return 1 + size * self.random.normal(size=len(self.clock.s))

    def daily(self, low, high):
        return self.random.uniform(low, high, DAYS + 1)[self.clock.day]

    def wave(self, period_s):
        """A smooth curve within -1..1 that forgets itself over the period."""
        knots = self.random.uniform(-1, 1, int(self.clock.s[-1] // period_s) + 3)
        knot, share = np.divmod(self.clock.s / period_s, 1)
        knot = knot.astype(int)
        share = share * share * (3 - 2 * share)
        return knots[knot] * (1 - share) + knots[knot + 1] * share

    def shift(self, begin, end, spread=0.15):
        """Whether people work, on working days; they begin and end some minutes sooner or later each day."""
        begin, end = begin + self.random.normal(0, spread, DAYS + 1), end + self.random.normal(0, spread, DAYS + 1)
        day, hour = self.clock.day, self.clock.hour
        return (self.clock.weekday < 5) & (hour >= begin[day]) & (hour < end[day])

    def breaks(self):
        pauses = np.zeros(len(self.clock.s), bool)
        for begin, end in ((9.5, 9.75), (12, 12.5), (17.5, 18)):
            late = self.random.normal(0, 0.03, DAYS + 1)[self.clock.day]
            pauses |= (self.clock.hour >= begin + late) & (self.clock.hour < end + late)
        return pauses


def lathe(chance):
    """Cuts, waits for the next part, another product each day."""
    works, pauses = chance.shift(6, 22), chance.breaks() | (chance.wave(1500) > 0.75)
    product, cycle_s = chance.daily(0.8, 1.2), chance.daily(300, 700)
    phase = chance.clock.s / cycle_s % 1
    cuts = np.where(phase < 0.75, 9 * product * (1 + 0.15 * np.sin(25 * phase)), 3.5)
    return np.where(works, np.where(pauses, 3.2, cuts), 1.1) * chance.noise(0.02)


def extruder(chance):
    """Day and night, products alike."""
    return 80 * chance.daily(0.93, 1.07) * (1 + 0.01 * chance.wave(900)) * chance.noise(0.01)


def furnace(chance):
    """A thermostat, day and night."""
    phase = (chance.clock.s + 60 * chance.wave(3600)) / 540 % 1
    return np.where(phase < 0.5 + 0.06 * chance.wave(14_400), 120, 4) * chance.noise(0.01)


def chiller(chance):
    """Follows the weather, and the shifts."""
    outdoor_c = 12 + 6 * np.sin((chance.clock.hour - 9) / 24 * 2 * np.pi) + 4 * chance.wave(3 * DAY_S)
    share = np.where(chance.shift(6, 22), 1, 0.45)
    return (6 + 2.2 * np.maximum(outdoor_c - 8, 0) * share) * (1 + 0.05 * chance.wave(600)) * chance.noise(0.02)


def lamps(chance):
    return np.where(chance.shift(5.8, 22.2, 0.05), 12.0, 0.6) * chance.noise(0.004)


def office(chance):
    """People come and go; some servers stay."""
    begin, end = chance.daily(7.2, 7.8), chance.daily(17.1, 17.9)
    ease = lambda hours: 1 / (1 + np.exp(-4 * hours))
    people = ease(chance.clock.hour - begin) * ease(end - chance.clock.hour) * (chance.clock.weekday < 5)
    return (8 + 26 * people * (1 + 0.05 * chance.wave(3600)) + chance.wave(900)) * chance.noise(0.02)


def press(chance):
    """Strokes, and changes of the tool."""
    idles = chance.breaks() | (chance.wave(14_400) > 0.8)
    strokes = 30 + 6 * chance.wave(1200) + 2 * chance.random.normal(size=len(chance.clock.s))
    return np.where(chance.shift(6, 22), np.where(idles, 8, strokes), 0.5) * chance.noise(0.01)


def compressor(chance):
    """With a variable speed: follows what the plant takes."""
    taken = np.where(chance.shift(6, 22), 0.65 - 0.25 * chance.breaks(), 0.15)
    return (4 + 70 * taken * (1 + 0.12 * chance.wave(1800) + 0.08 * chance.wave(400))) * chance.noise(0.01)


def chargers(chance):
    """From the end of the day shift until the batteries are full."""
    begin, length = chance.daily(17.5, 18.5), chance.daily(4.5, 6)
    since = chance.clock.hour - begin
    full = np.clip(since - (length - 1.5), 0, None)
    on = (chance.clock.weekday < 5) & (since > 0) & (since < length)
    return np.where(on, 20 * np.exp(-1.5 * full), 0.4) * chance.noise(0.01)


def panels(chance):
    """Feeds in: negative."""
    clear = chance.daily(0.35, 1)
    sun = np.maximum(np.sin((chance.clock.hour - 7) / 10 * np.pi), 0) * (abs(chance.clock.hour - 12) < 5)
    clouds = np.where(clear < 0.8, 1 + 0.25 * chance.wave(900), 1)
    return -60 * sun * clear * clouds * chance.noise(0.02)


def welding(chance):
    works = chance.shift(6, 22) & ~chance.breaks()
    return np.where(works, 25 + 5 * chance.wave(180) + 1.5 * chance.random.normal(size=len(works)), 1) * chance.noise(0.02)


def standby_pump(chance):
    """Pumps in one week of two."""
    pumps = chance.clock.day // 7 % 2 == 1
    rests_kw = np.abs(0.05 + 0.01 * chance.random.normal(size=len(pumps)))
    return np.where(pumps, (18 + 1.5 * chance.wave(5400)) * chance.noise(0.01), rests_kw)


def servers(chance):
    return (15 + 0.6 * chance.wave(14_400)) * chance.noise(0.01)


def dust_filter(chance):
    works = chance.shift(6, 14, 0.1) & ~chance.breaks()
    return np.where(works, 11 + 0.3 * chance.wave(1200), 0.15) * chance.noise(0.008)


def batch_oven(chance):
    """Three batches on a working day, of three recipes."""
    power_kw = np.full(len(chance.clock.s), 1.5)
    for begin in (6.2, 11.0, 16.0):
        begin = begin + chance.random.normal(0, 0.15, DAYS + 1)[chance.clock.day]
        length = chance.random.choice([3.4, 3.9, 4.3], DAYS + 1)[chance.clock.day]
        since = chance.clock.hour - begin
        heats = np.where(since < 0.8, 60, 32 + 4 * np.sin(20 * since))
        power_kw = np.where((chance.clock.weekday < 5) & (since > 0) & (since < length), heats, power_kw)
    return power_kw * chance.noise(0.015)


def main_meter(chance):
    parts = (lathe, press, compressor, office, lamps, welding, chiller)
    return sum(part(chance) for part in parts)


MACHINES = (
    lathe, extruder, furnace, chiller, lamps, office, press, compressor, chargers, panels, welding, standby_pump, servers,
    dust_filter, batch_oven, main_meter,
)  # fmt: skip
# They rest at night and at weekends, so they can be left running.
REST = (lathe, lamps, office, press, welding, dust_filter, batch_oven)
FAULTS = ("leak x1.3", "overload x1.5", "dead", "stuck", "night", "weekend")


class Series:
    """What a machine drew, at one reading in so many seconds."""

    def __init__(self, machine, seed, interval_s):
        self.machine = machine
        self.interval_s = interval_s
        clock = Clock(min(interval_s, 60))
        name = [ord(letter) for letter in machine.__name__]
        power_kw = machine(Chance(clock, [seed, *name]))
        per_reading = interval_s // clock.step_s
        self.power_kw = np.round(power_kw.reshape(-1, per_reading).mean(axis=1), 2)
        self.s = np.arange(len(self.power_kw)) * interval_s
        self.random = np.random.default_rng([seed, 7, *name])

    def rows(self, span_s):
        return int(span_s // self.interval_s)

    def places(self, fault):
        """Rows from the third week on where the machine is at work, or where it should rest."""
        first, last = self.rows(14 * DAY_S), len(self.power_kw) - self.rows(DAY_S)
        weekday, hour = self.s // DAY_S % 7, self.s % DAY_S / 3600
        if fault == "night":
            fits = (weekday < 4) & (abs(hour - 22.5) < 0.5)
        elif fault == "weekend":
            fits = (weekday >= 5) & (hour >= 8) & (hour < 13)
        else:
            quarter = max(2, self.rows(900))
            mean = np.convolve(abs(self.power_kw), np.ones(quarter) / quarter)[quarter - 1 :]
            fits = mean > 0.7 * abs(self.power_kw).mean()
        rows = np.flatnonzero(fits[first:last]) + first
        return self.random.choice(rows, TRIES, replace=False)

    def faulty(self, fault, at):
        """The powers up to the end of the fault."""
        hours = 8 if fault in ("night", "weekend") else 24 if self.interval_s > 300 else 4
        end = at + self.rows(3600 * hours)
        power_kw = self.power_kw[:end].copy()
        weekday = int(self.s[at] // DAY_S % 7)
        back = {"night": self.rows(DAY_S // 2), "weekend": self.rows((weekday - 3) * DAY_S)}
        power_kw[at:] = {
            "leak x1.3": lambda: 1.3 * power_kw[at:],
            "overload x1.5": lambda: 1.5 * power_kw[at:],
            "dead": lambda: 0.02,
            "stuck": lambda: power_kw[at - 1],
            "night": lambda: self.power_kw[at - back["night"] : end - back["night"]],
            "weekend": lambda: self.power_kw[at - back["weekend"] : end - back["weekend"]],
        }[fault]()
        return np.round(power_kw, 2)

    def limit_s(self, fault):
        return max(7200 if fault in ("night", "weekend") else 900, 3 * self.interval_s)


def alarms(wattline, series, power_kw):
    """Rows at which an anomaly opens or becomes critical."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as file:
        file.write("time,value\n")
        file.writelines(f"{MONDAY_S + s},{kw:.2f}\n" for s, kw in zip(series.s, power_kw))
        file.flush()
        answer = subprocess.run([wattline, "detect", file.name], stdout=subprocess.PIPE, text=True, check=True).stdout
    ranks = {"": 0, "WARNING": 1, "CRITICAL": 2}
    severity = np.array([ranks[row.rsplit(",", 1)[1]] for row in answer.splitlines()[1:]])
    return np.flatnonzero(np.diff(severity, prepend=0) > 0)


def report(wattline, name, interval_s, machines):
    tallies = {fault: np.zeros(3, int) for fault in FAULTS}
    false_alarms = {}
    for machine in machines:
        series = Series(machine, SEEDS[name], interval_s)
        healthy = alarms(wattline, series, series.power_kw)
        false_alarms[machine.__name__] = sum(series.s[healthy] >= 7 * DAY_S) / (WEEKS - 1)
        own = []
        for fault in FAULTS:
            if fault in ("night", "weekend") and machine not in REST:
                continue
            tally = np.zeros(3, int)
            for at in series.places(fault):
                told = [row for row in alarms(wattline, series, series.faulty(fault, at)) if row >= at]
                after_s = series.s[told[0]] - series.s[at] + interval_s if told else np.inf
                tally += [after_s <= series.limit_s(fault), bool(told), 1]
            tallies[fault] += tally
            own.append(f"{fault} {'/'.join(map(str, tally))}")
        print(f"  {machine.__name__:13} {false_alarms[machine.__name__]:.2f} | {' | '.join(own)}", flush=True)
    shares = [f"{100 * found / of:.0f} ({100 * in_time / of:.0f})" for in_time, found, of in tallies.values() if of]
    worst = max(false_alarms.values())
    print(f"{name}, {interval_s} s | {np.mean(list(false_alarms.values())):.2f} ({worst:.2f}) | {' | '.join(shares)}")


def main(wattline, interval_s=60, *names):
    machines = [machine for machine in MACHINES if not names or machine.__name__ in names]
    print(f"false alarms a machine and week (of the worst) | found % (in time %) of {', '.join(FAULTS)}")
    print("of each machine: in time/found/tried")
    for name in SEEDS:
        report(os.path.abspath(wattline), name, int(interval_s), machines)


if __name__ == "__main__":
    main(*sys.argv[1:])
