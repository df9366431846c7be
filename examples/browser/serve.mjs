// Serves the page, and passes /graphql on to Wattline, as a reverse proxy in front of both would.
//
//     node serve.mjs http://127.0.0.1:8080 [PORT]
//
// Without a port it takes any that is free, and prints where the page is. Where Wattline asks who calls, it is told the
// key in the variable WATTLINE_KEY. The page is not: but whoever gets it sees what the key lets see. So take one of
// scope read.

import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { connect } from 'node:net';

const [wattline = 'http://127.0.0.1:8080', port = '0'] = process.argv.slice(2);
const key = process.env.WATTLINE_KEY;
const authorization = key ? { authorization: `Bearer ${key}` } : {};

const FILES = {
  '/': { type: 'text/html', path: 'index.html' },
  '/graphql-ws.min.js': { type: 'text/javascript', path: '../node/node_modules/graphql-ws/umd/graphql-ws.min.js' },
};

const server = createServer(async (request, response) => {
  if (request.url === '/graphql') return tell(request, response);
  const file = FILES[request.url];
  if (!file) return response.writeHead(404).end();
  const content = await readFile(new URL(file.path, import.meta.url));
  response.writeHead(200, { 'content-type': file.type }).end(content);
});

/** Tells the page what Wattline thinks of it, and nothing else: the page watches by its socket alone. */
function tell({ headers }, response) {
  const answered = (answer) => {
    if (answer.statusCode === 401) console.error('Wattline does not let us in: see WATTLINE_KEY');
    response.writeHead(answer.resume().statusCode).end();
  };
  const asked = get(`${wattline}/graphql`, { headers: { ...headers, ...authorization } }, answered);
  asked.on('error', () => response.writeHead(502).end());
}

// The socket is handed on with every header as it came: Wattline compares Origin with Host. Only the key is added.
server.on('upgrade', (request, socket) => {
  const { hostname, port } = new URL(wattline);
  const upstream = connect(port, hostname, () => {
    const lines = [`${request.method} ${request.url} HTTP/1.1`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) lines.push(request.rawHeaders.slice(i, i + 2).join(': '));
    for (const [name, value] of Object.entries(authorization)) lines.push(`${name}: ${value}`);
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.pipe(upstream).pipe(socket);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
});

server.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
