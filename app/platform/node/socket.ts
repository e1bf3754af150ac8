/** A WebSocket to our server, as a browser has it: the one door to ws on this side of the wire. */
import { WebSocket as NodeWebSocket } from 'ws';
import { MAX_STORAGE_MESSAGE_BYTES } from '../../../signal/wire/limits.ts';

/** @param origin - the server's, such as `https://chat.example`. */
export function openSocket(origin: string): WebSocket {
  const socket = new NodeWebSocket(`${origin.replace(/^http/, 'ws')}/signal`, {
    maxPayload: MAX_STORAGE_MESSAGE_BYTES,
    perMessageDeflate: false,
  });
  // In a browser, a connection that fails just closes.
  socket.on('error', () => undefined);
  return socket as unknown as WebSocket;
}
