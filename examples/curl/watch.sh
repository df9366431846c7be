#!/usr/bin/env bash
# Wattline's statistics and anomalies on standard output, one JSON object a line; a server's restart is waited out.
# Over server-sent events, with nothing but bash and curl.
#
#     watch.sh http://127.0.0.1:8080 [CURSOR]
#
# Anomalies begin with the next one that is reported, or with the one after CURSOR: that of the last one printed. Where
# Wattline asks who calls, it is told the key in the variable WATTLINE_KEY; one of scope read is enough.
set -u
server=${1:-http://127.0.0.1:8080}
after=${2:-}

statistics='subscription { statsUpdates { asOf totalReadings totalEnergy peakPower estimatedCost } }'
anomalies='subscription ($after: String) { anomalyDetected(after: $after) {'
anomalies+=' cursor node { kind severity startedAt message machine { name } } } }'
newest='{ anomalies(last: 1) { pageInfo { endCursor } } }'

# The header with the key, if there is one. curl reads it as a file: what it is called with, everybody can list.
authorization() {
  [[ ${WATTLINE_KEY-} ]] && printf 'authorization: Bearer %s\n' "$WATTLINE_KEY"
}

# Sends the document $3 to the path $1, and asks for the media type $2. After the answer comes its status, in a line.
send() {
  local body="{\"query\":\"$3\",\"variables\":{\"after\":\"$after\"}}"
  curl -fsSN --keepalive-time 15 -w '\nstatus: %{http_code}\n' -H @<(authorization) -H "accept: $2" \
    -H 'content-type: application/json' -d "$body" "$server$1"
}

# Subscribes again and again: a server that restarts ends the stream and refuses connections until it is back.
watch() {
  local line
  while true; do
    while IFS= read -r line; do
      [[ $line == 'status: 401' || $line == *'"code":"FORBIDDEN"'* ]] && kill -USR1 $$
      # The other lines say of which event these are the data, or are empty.
      [[ $line == 'data: {'* ]] || continue
      line=${line#data: }
      # That of an anomaly, or in the error TOO_FAR_BEHIND; inside of a text, quotation marks stand behind a backslash.
      [[ $line =~ \"cursor\":\"([0-9]+)\" ]] && after=${BASH_REMATCH[1]}
      if [[ $line == '{"data":{'* ]]; then echo "$line"; else echo "$line" >&2; fi
    done < <(send /graphql/stream text/event-stream "$1")
    # By chance a little more or less, so that a hundred clients do not all come at once.
    sleep "1.$((RANDOM % 10))"
  done
}

# Ends both subscriptions with all their processes: each is a process group of its own.
end() {
  local job
  for job in $(jobs -p); do kill -- "-$job"; done
  exit "$1"
}
refused() {
  echo 'Wattline does not let us in: the key in WATTLINE_KEY is missing, wrong, expired, revoked or not to read by' >&2
  end 1
}
trap 'end 0' INT TERM
trap refused USR1

# Before the first anomaly there is no cursor, and what is reported during a restart could be missed.
until [[ $after ]]; do
  answer=$(send /graphql application/json "$newest")
  [[ $answer == *'status: 40'[13] ]] && refused
  if [[ $answer =~ \"endCursor\":(\"([0-9]+)\"|null) ]]; then after=${BASH_REMATCH[2]:-0}; else sleep 1; fi
done

set -m
watch "$statistics" &
watch "$anomalies" &
wait
