/** Which requests may become a WebSocket: those to its path, from an allowed web page or none, within the cap. */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { WebSocket, WebSocketServer } from 'ws';
import { SIGNAL_PATH } from './http.ts';
import { Occupancy } from './occupancy.ts';
import { MAX_CONNECTIONS_PER_ADDRESS } from './wire/limits.ts';

export interface UpgradeParts {
  readonly webSockets: WebSocketServer;
  readonly isAllowedOrigin: (origin: string) => boolean;
  readonly addressOf: (request: IncomingMessage) => string;
  readonly onConnection: (socket: WebSocket, address: string) => void;
}

/** A listener for the HTTP server's `upgrade` event. */
export function createUpgradeHandler(
  parts: UpgradeParts,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const open = new Occupancy(MAX_CONNECTIONS_PER_ADDRESS);

  return (request, socket, head) => {
    // Until ws takes the socket over, its errors are ours to hear.
    const ignore = (): void => undefined;
    socket.on('error', ignore);

    if (request.url !== SIGNAL_PATH) return refuse(socket, '404 Not Found');
    // Browsers always say which page asks; a client without a page (the terminal) says nothing.
    const { origin } = request.headers;
    if (origin !== undefined && !parts.isAllowedOrigin(origin)) return refuse(socket, '403 Forbidden');
    const address = parts.addressOf(request);
    if (!open.enter(address)) return refuse(socket, '429 Too Many Requests');
    socket.once('close', () => open.leave(address));
    parts.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      socket.off('error', ignore);
      parts.onConnection(webSocket, address);
    });
  };
}

function refuse(socket: Duplex, status: string): void {
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
