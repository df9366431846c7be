// The playground: GraphiQL over this server's own doors, subscriptions over its socket.

import './workers';
import 'graphiql/style.css';
import './playground.css';

import { GraphiQL } from 'graphiql';
import { createClient } from 'graphql-ws';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';

import { fetcherOf } from './fetcher';
import { OPERATIONS } from './operations';

const socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/graphql`;
const fetcher = fetcherOf({ url: '/graphql', wsClient: createClient({ url: socketUrl, lazy: true }) });
const root = document.getElementById('graphiql');
if (root) {
  createRoot(root).render(
    createElement(GraphiQL, { fetcher, defaultTabs: OPERATIONS.map((query) => ({ query })), shouldPersistHeaders: false }),
  );
}
