/**
 * The little of simple-peer that the link uses. The prebuilt file is the one that runs in a bundle: the package's default
 * entry expects Node's `process` and throws on the first message received.
 */
declare module 'simple-peer/simplepeer.min.js' {
  type SignalData =
    | { type: 'offer' | 'answer'; sdp: string }
    | { type: 'candidate'; candidate: RTCIceCandidateInit }
    | { type: 'renegotiate' | 'transceiverRequest' };

  /** What there is of WebRTC in a browser by itself. */
  export type Wrtc = Pick<typeof globalThis, 'RTCPeerConnection' | 'RTCSessionDescription' | 'RTCIceCandidate'>;

  interface Options {
    initiator: boolean;
    config: RTCConfiguration;
    wrtc?: Wrtc;
  }

  export default class Peer {
    constructor(options: Options);
    /** The connection itself, until destroyed; simple-peer gives no other way to its certificates and statistics. */
    readonly _pc: RTCPeerConnection | null;
    /** For those who wait until all candidates are found; we do not. */
    readonly _iceCompleteTimer: ReturnType<typeof setTimeout> | undefined;
    readonly destroyed: boolean;
    on(event: 'signal', listener: (data: SignalData) => void): this;
    on(event: 'data', listener: (data: Uint8Array) => void): this;
    on(event: 'connect' | 'close', listener: () => void): this;
    on(event: 'iceStateChange', listener: (state: RTCIceConnectionState) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    signal(data: SignalData): void;
    write(chunk: Uint8Array, done: (error?: Error | null) => void): boolean;
    destroy(): void;
  }
}
