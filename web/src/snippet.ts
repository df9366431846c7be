// The commands that bring a plant's first reading. Why with `date`: a time written when the page was opened would be
// yesterday's on a screen left on, and the same command again would be a duplicate instead of a second reading.

/** The machine of the example. */
const MACHINE = 'press-1';
const JSON_HEADER = 'content-type: application/json';

export interface Command {
  readonly label: string;
  /** For bash, zsh and sh, over one or more lines. */
  readonly text: string;
}

/** A plant to look at. Beside this server, for which it needs an address of its own. */
export const DEMO_COMMAND: Command = {
  label: 'Or beside this server, then open http://127.0.0.1:8081',
  text: 'wattline demo --listen 127.0.0.1:8081',
};

/** The commands for the server at this origin, in the order in which they are run. */
export function firstReadingCommands(origin: string): Command[] {
  const register = `mutation { registerMachine(input: {name: "${MACHINE}"}) { machine { id name } } }`;
  const beforeTime = `[{"machine":"${MACHINE}","time":"`;
  const afterTime = `","power_kw":12.5,"energy_kwh":0.035}]`;
  return [
    {
      label: 'Register a machine',
      text: curl(`${origin}/graphql`, shellQuoted(JSON.stringify({ query: register }))),
    },
    {
      label: 'Send a reading of now',
      text: curl(
        `${origin}/api/v1/readings`,
        // The time stands between two quoted pieces; its characters need no quotes.
        `${shellQuoted(beforeTime)}$(date -u +%Y-%m-%dT%H:%M:%SZ)${shellQuoted(afterTime)}`,
      ),
    },
  ];
}

function curl(url: string, quotedBody: string): string {
  return [`curl -sS ${shellQuoted(url)}`, `-H ${shellQuoted(JSON_HEADER)}`, `-d ${quotedBody}`].join(' \\\n  ');
}

/** One word to the shell, whatever is in it. */
export function shellQuoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
