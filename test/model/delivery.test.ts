/**
 * What one writes reaches the other once, in order, whatever breaks: peers, logs, links and sessions as they are, on a
 * network and disks in the test's hand. Texts are written, frames arrive, writes become durable, links open and break, and
 * devices die before or after a write is durable, in every order within the bound.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { toHex } from '../../signal/wire/bytes.ts';
import { decodeEnvelope } from '../../app/core/envelope/envelope.ts';
import { LinkError } from '../../app/core/base/errors.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';
import { inSession, type Side } from '../parts/handshakes.ts';
import { judgeDirection, judgeStates, keptIn } from '../parts/oracle.ts';
import { times } from '../parts/long.ts';
import { onPage } from '../parts/people.ts';
import { copySession } from '../parts/copied-session.ts';
import { Device, textOf } from './device.ts';
import { HeldNetwork } from './held-network.ts';
import { NAMES, otherOf, type Name } from './names.ts';
import { exploreSchedules, type Choice, type World } from './schedules.ts';
import { checkKeysOnce, forgetSealings, settle, takeSealings } from './watch.ts';

const TEXTS = { Ann: 2, Bob: 1 };
const textsOf = (name: Name) => Array.from({ length: TEXTS[name] }, (_, index) => textOf(name, index + 1));
const DEVIATIONS = times(1, 2);
/** No schedule needs more links than this. */
const LINKS = 2 + 2 * DEVIATIONS;

afterEach(() => vi.useRealTimers());

/** Longer than any acknowledgement waits. */
const MOMENT = 100;

/** The sides of each session that a schedule may need, one for each link. */
type Sessions = readonly Readonly<Record<Name, Side>>[];

class Delivery implements World {
  readonly #network: HeldNetwork;
  readonly #devices: readonly Device[];
  readonly #sessions: Sessions;
  #links = 0;
  /** What those do who have not taken up the newest link yet. */
  readonly #opening = new Map<Name, () => void>();

  private constructor(sessions: Sessions, devices: readonly Device[], network: HeldNetwork) {
    this.#network = network;
    this.#sessions = sessions;
    this.#devices = devices;
    forgetSealings();
  }

  static async open(sessions: Sessions, isNarrow: boolean): Promise<Delivery> {
    const devices = NAMES.map((name) => new Device(name));
    for (const device of devices) await device.start();
    return new Delivery(sessions, devices, new HeldNetwork(isNarrow));
  }

  choices(): Choice[] {
    const ofEach = (choices: (device: Device) => Choice[]) => this.#devices.flatMap(choices);
    return [
      ...this.#takesUp(),
      ...this.#dials(),
      ...ofEach((device) => this.#writes(device)),
      ...ofEach((device) => this.#commits(device)),
      ...this.#network.arrivals(),
    ];
  }

  faults(): Choice[] {
    return [...this.#network.breaks(), ...this.#devices.flatMap((device) => this.#deaths(device))];
  }

  isOver(): boolean {
    const quiet = this.#opening.size === 0 && this.#network.arrivals().length === 0;
    const each = ({ name, begun, disk, isLinked }: Device) => begun === TEXTS[name] && !disk.isWriting && isLinked;
    return quiet && this.#devices.every(each);
  }

  async check(): Promise<void> {
    const [ann, bob] = (await Promise.all(this.#devices.map((device) => device.durable()))).map(({ state }) => state);
    judgeStates(ann, bob);
    judgeStates(bob, ann);
    for (const { name, isBroken, peer } of this.#devices) {
      if (isBroken) throw new Error(`${name} took what came for an attack`);
      if (peer?.trouble !== undefined) throw new Error(`${name} has trouble: ${onPage(peer.trouble)}`);
    }
    const places = this.#network.carried.flatMap(({ from, frame }) => {
      const { kind, payload } = decodeFrame(frame)!;
      const header = kind === 'envelope' && decodeEnvelope(payload)!.header;
      return header ? [`${from} ${toHex(header.sessionId)} ${header.counter}`] : [];
    });
    expect(new Set(places).size, 'no two envelopes have one place').toBe(places.length);
  }

  async judge(): Promise<void> {
    // An acknowledgement that goes alone may wait for a moment.
    vi.advanceTimersByTime(MOMENT);
    await settle();
    for (let [next] = this.choices(); next; [next] = this.choices()) {
      await next.run();
      await settle();
    }
    checkKeysOnce(takeSealings());
    const [ann, bob] = await Promise.all(this.#devices.map(async (device) => keptIn(await device.durable())));
    judgeDirection(ann!, bob!, textsOf('Ann'));
    judgeDirection(bob!, ann!, textsOf('Bob'));
  }

  close(): void {
    for (const { peer } of this.#devices) void peer?.close();
  }

  #dials(): Choice[] {
    if (this.#opening.size > 0 || this.#devices.every(({ isLinked }) => isLinked)) return [];
    const run = () => {
      const sides = this.#sessions[this.#links++];
      if (!sides) throw new Error('more links than there are sessions for');
      const ends = this.#network.link(...NAMES);
      for (const [index, device] of this.#devices.entries()) {
        const { session, parties } = sides[device.name];
        const role = (this.#links % 2 === 0) === (device.name === 'Ann') ? 'responder' : 'initiator';
        this.#opening.set(device.name, () => {
          this.#opening.delete(device.name);
          device.isLinked = true;
          const renew = () => Promise.reject(new LinkError('closed'));
          const peer = { card: parties.them, name: otherOf(device.name) };
          const { us } = parties;
          device.peer!.adopt({ link: ends[index]!, role, renew, us, session: copySession(session), peer });
        });
      }
    };
    return [{ name: `link ${this.#links + 1} is made`, at: NAMES, run }];
  }

  #takesUp(): Choice[] {
    const link = this.#links;
    return [...this.#opening].map(([name, run]) => ({ name: `${name} takes up link ${link}`, at: [name], run }));
  }

  #writes(device: Device): Choice[] {
    if (device.begun === TEXTS[device.name]) return [];
    return [
      { name: `${textOf(device.name, device.begun + 1)} is written`, at: [device.name], run: () => device.write() },
    ];
  }

  #commits({ name, disk }: Device): Choice[] {
    return disk.isWriting ? [{ name: `a write of ${name} is durable`, at: [name], run: () => disk.commit() }] : [];
  }

  #deaths(device: Device): Choice[] {
    const { name } = device;
    const die = (when: 'before' | 'after') => async () => {
      this.#opening.delete(name);
      this.#network.leave(name);
      await device.die(when);
    };
    const after = { name: `${name} dies just after a write is durable`, at: NAMES, run: die('after') };
    const before = { name: `${name} dies`, at: NAMES, run: die('before') };
    return device.disk.isWriting ? [before, after] : [before];
  }
}

it.each([
  ['wide', false],
  ['narrow', true],
] as const)(
  'delivers each text once and in order over %s links, whatever breaks when',
  async (name, isNarrow) => {
    const sessions: Record<Name, Side>[] = [];
    for (let link = 0; link < LINKS; link++) {
      const dialler = link % 2 === 0 ? 'Ann' : 'Bob';
      const [initiator, responder] = await inSession(dialler, otherOf(dialler));
      sessions.push(dialler === 'Ann' ? { Ann: initiator, Bob: responder } : { Ann: responder, Bob: initiator });
    }
    // Nobody needs the hour to strike, or a link to be asked for a sign of life.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const explored = await exploreSchedules(() => Delivery.open(sessions, isNarrow), DEVIATIONS);
    const { schedules, states, longest } = explored;
    const found = `${schedules} schedules, ${states} states, the longest of ${longest}`;
    console.log(`Delivery over ${name} links: ${found}; ${DEVIATIONS} deviations.`);
    expect(schedules).toBeGreaterThan(60);
  },
  3_600_000,
);
