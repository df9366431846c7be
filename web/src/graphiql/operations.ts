// What the playground's tabs show at first. Why these: one of each kind that an integrator begins with; a test holds them
// against the schema.

export const OPERATIONS: readonly string[] = [
  `# The sixteen statistics, now or at any past second.
query Statistics {
  systemStats {
    asOf
    totalReadings
    totalEnergy
    energyPerHour
    peakPower
    estimatedCost
    carbonFootprint
    siteDemand { presentPowerKw demandKw month { peakKw peakAt } }
  }
}
`,
  `# Every five seconds, the moment they are computed.
subscription Live {
  statsUpdates {
    asOf
    totalEnergy
    dataRate
    uptimePercent
  }
}
`,
  `# Anomalies as they are found. With the last cursor as \`after\` a client that was away misses none.
subscription Anomalies($after: String) {
  anomalyDetected(after: $after) {
    cursor
    node { kind severity startedAt message machine { name } }
  }
}
`,
  `# Machines with their last reading, and how many there are.
query Machines {
  machines(first: 20) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node { id name kind latestReading { time powerKw } } }
  }
}
`,
  `# Register a machine, so that its readings are accepted.
mutation Register {
  registerMachine(input: { name: "press-1", kind: INJECTION_MOLDING, ratedPowerKw: 90, expectedIntervalSeconds: 10 }) {
    machine { id name }
  }
}
`,
];
