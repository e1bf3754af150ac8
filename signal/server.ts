/** The signal server: HTTP and, at `/signal`, WebSockets, put together from its parts. */
import { createServer as createHttpServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from 'pino';
import { WebSocketServer, type WebSocket } from 'ws';
import { Access } from './access.ts';
import { clientAddress, normalizeAddress } from './address.ts';
import { ownOrigins, type Config } from './config.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { Directory } from './directory.ts';
import { Handles } from './handles.ts';
import { securityHeaders } from './headers.ts';
import { createHttpHandler } from './http.ts';
import { iceServersFor } from './ice-servers.ts';
import { Invites } from './invites.ts';
import { createLimiters } from './limiter.ts';
import { Members } from './members.ts';
import { Occupancy } from './occupancy.ts';
import type { Pages } from './pages.ts';
import { Presence } from './presence.ts';
import type { Sqlite } from './sqlite.ts';
import { StartError } from './start-error.ts';
import { openStorageDatabase } from './storage/database.ts';
import { createStorage, type Storage } from './storage/storage.ts';
import { createUpgradeHandler } from './upgrade.ts';
import { fromHex, toHex } from './wire/bytes.ts';
import { CloseCode } from './wire/close-codes.ts';
import {
  HEADERS_DEADLINE,
  LOGIN_DEADLINE,
  MAX_MESSAGE_BYTES,
  MAX_MESSAGE_FRAGMENTS,
  MAX_SOCKETS,
  MAX_SOCKETS_PER_ADDRESS,
  MAX_STORAGE_MESSAGE_BYTES,
  PING_INTERVAL,
  UPLOAD_DEADLINE,
} from './wire/limits.ts';

/** How long, in milliseconds, clients may take. */
export interface Timing {
  readonly loginDeadline: number;
  readonly headersDeadline: number;
  readonly uploadDeadline: number;
  readonly pingInterval: number;
}

const DEFAULT_TIMING: Timing = {
  loginDeadline: LOGIN_DEADLINE,
  headersDeadline: HEADERS_DEADLINE,
  uploadDeadline: UPLOAD_DEADLINE,
  pingInterval: PING_INTERVAL,
};

/** How long, in milliseconds, a stop waits for clients to say goodbye. */
const STOP_GRACE = 1000;

export interface SignalServerParts {
  readonly config: Config;
  /** The server closes it when it stops. */
  readonly sqlite: Sqlite;
  readonly pages: Pages;
  /** Of the product, for `/health`. */
  readonly version: string;
  readonly log: Logger;
  readonly timing?: Partial<Timing>;
  /** The clock, in unix milliseconds. */
  readonly now?: () => number;
}

export interface SignalServer {
  /**
   * Listens. @returns the port, and the origin for people to open.
   * @throws StartError if the address or the port is not to be had.
   */
  start(): Promise<{ readonly port: number; readonly origin: string }>;
  /** Closes every connection with 1001, and the database. */
  close(): Promise<void>;
}

/** @throws StartError if what is to be kept for people who are away has no usable database. */
export function createSignalServer(parts: SignalServerParts): SignalServer {
  const { config, sqlite, log, now = Date.now } = parts;
  const timing = { ...DEFAULT_TIMING, ...parts.timing };
  const directory = new Directory(sqlite);
  const invites = new Invites(sqlite, now);
  const handles = new Handles(sqlite);
  const access = new Access({ ...config, sqlite, members: new Members(sqlite), invites });
  const limiters = createLimiters();
  const addressOf = (request: IncomingMessage): string => clientAddress(request, config.trustProxy);
  const presence = new Presence<Connection>((invite, inviter) => {
    const live = invites.open(fromHex(invite)!);
    return live !== undefined && !live.hidden && toHex(live.inviter) === inviter;
  });

  const storage: Storage | undefined =
    config.storage &&
    createStorage({
      ...{ access, invites, limiters, addressOf, now, log },
      database: openStorageDatabase(config.dataDir),
      quotas: config.storage,
      onMail: (owner) => presence.find(toHex(owner))?.tellMail(),
    });

  /** Known once listening: without PUBLIC_URL they depend on the port. */
  let origins: readonly string[] = [];
  const connections = new Set<Connection>();
  let connectionCount = 0;

  const connectionParts: ConnectionParts = {
    ...{ access, directory, invites, handles, presence, now, log },
    ...limiters,
    isOwnOrigin: (origin) => origins.includes(origin),
    iceServers: () => iceServersFor(config, now()),
    answerStorage: storage && ((request, login) => storage.answer(request, login)),
    loginDeadline: timing.loginDeadline,
    onAccepted: (guest) => presence.find(toHex(guest))?.admit(),
    onWithdrawn: (inviter) => presence.inviteWithdrawn(toHex(inviter)),
  };

  const onConnection = (socket: WebSocket, address: string): void => {
    const connection = new Connection(socket, address, String(++connectionCount), connectionParts);
    connections.add(connection);
    socket.once('close', () => connections.delete(connection));
  };

  const https = config.tls !== undefined || config.publicUrl?.startsWith('https:') === true;
  const http = createServer(config, timing);
  http.on(
    'request',
    createHttpHandler({
      ...{ access, directory, invites, limiters, addressOf, log },
      trustProxy: config.trustProxy,
      origins: () => origins,
      pages: parts.pages,
      backups: storage && ((request, response) => storage.answerHttp(request, response)),
      version: parts.version,
      headers: securityHeaders(https),
    }),
  );
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: storage ? MAX_STORAGE_MESSAGE_BYTES : MAX_MESSAGE_BYTES,
    maxFragments: MAX_MESSAGE_FRAGMENTS,
    perMessageDeflate: false,
  });
  const isAllowedOrigin = (origin: string): boolean =>
    origins.includes(origin) || config.allowedOrigins.includes(origin);
  http.on('upgrade', createUpgradeHandler({ webSockets, isAllowedOrigin, addressOf, onConnection }));

  const beat = (): void => {
    for (const connection of connections) connection.beat();
    try {
      invites.sweep();
      // Before the cards, by which it is known who has not been seen: a crash in between loses nothing but time.
      const moment = now();
      handles.sweep(moment);
      storage?.erase(directory.outdated(moment));
      directory.sweep(moment);
      storage?.sweep();
    } catch (error) {
      // A disk that fails now may be well at the next beat; people who are talking need not notice.
      log.error({ error: (error as Error).message }, 'sweep failed');
    }
  };
  let heartbeat: NodeJS.Timeout | undefined;

  return {
    async start() {
      const port = await listen(http, config);
      origins = ownOrigins(config, port);
      http.on('error', (error) => log.error({ error: error.message }, 'accepting a connection failed'));
      heartbeat = setInterval(beat, timing.pingInterval);
      log.info({ access: access.kind, port }, 'listening');
      return { port, origin: origins[0]! };
    },

    async close() {
      clearInterval(heartbeat);
      // First, or each one leaving would be told to all who are about to leave.
      presence.clear();
      for (const connection of connections) connection.close(CloseCode.goingAway);
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeIdleConnections();
      const grace = setTimeout(() => {
        for (const connection of connections) connection.terminate();
        http.closeAllConnections();
      }, STOP_GRACE);
      await closed;
      clearTimeout(grace);
      sqlite.close();
      storage?.close();
      log.info('stopped');
    },
  };
}

function createServer({ tls, trustProxy }: Config, { headersDeadline, uploadDeadline, pingInterval }: Timing): Server {
  const options = {
    headersTimeout: headersDeadline,
    // Only a backup's chunk has more to it than headers.
    requestTimeout: Math.max(headersDeadline, uploadDeadline),
    // How often Node looks for requests past their deadline.
    connectionsCheckingInterval: Math.min(1000, headersDeadline),
  };
  const server = tls
    ? createHttpsServer({ ...options, ...tls, handshakeTimeout: headersDeadline })
    : createHttpServer(options);
  // A client that stops reading an answer keeps its socket no longer than one that misses a ping.
  server.timeout = pingInterval;
  server.maxConnections = MAX_SOCKETS;
  // All that a proxy passes on comes from one address, its own.
  if (!trustProxy) capSockets(server);
  return server;
}

/** Drops every TCP connection of an address beyond its share, before anything is read from it. */
function capSockets(server: Server): void {
  const open = new Occupancy(MAX_SOCKETS_PER_ADDRESS);
  server.on('connection', (socket: Socket) => {
    const address = normalizeAddress(socket.remoteAddress ?? '');
    if (!open.enter(address)) socket.destroy();
    else socket.once('close', () => open.leave(address));
  });
}

/** @returns the port, also where the system chose it. */
function listen(server: Server, { host, port }: Config): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(new StartError(listenFailure(error, host, port))));
    server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `PORT ${port} is taken by another program: stop it or choose another port.`;
    case 'EACCES':
      return `PORT ${port} needs rights that this user does not have: choose one above 1023.`;
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return `HOST ${host} is not an address of this machine.`;
    default:
      return `HOST ${host} and PORT ${port} cannot be listened on: ${error.message}.`;
  }
}
