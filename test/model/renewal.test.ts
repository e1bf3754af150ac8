/**
 * The hourly handshake that replaces a session while both write, in every order in which frames arrive, texts are written,
 * the hour strikes and the link breaks. Real links' owners, sessions and handshakes; the network is in the test's hand.
 */
import { afterEach, expect, it, vi } from 'vitest';
import { toHex } from '../../signal/wire/bytes.ts';
import { ConversationLink } from '../../app/core/chat/conversation-link.ts';
import type { Batch } from '../../app/core/log/batch.ts';
import { decodeEnvelope } from '../../app/core/envelope/envelope.ts';
import { decodeFrame } from '../../app/core/transport/frames.ts';
import { fresh, talkOf, wrote } from '../parts/conversations.ts';
import { identityOf } from '../parts/identities.ts';
import { openLinks, type OpenLinks } from '../parts/open-links.ts';
import { times } from '../parts/long.ts';
import { copySession } from '../parts/copied-session.ts';
import { HeldNetwork } from './held-network.ts';
import { NAMES, otherOf, type Name } from './names.ts';
import { exploreSchedules, type Choice, type World } from './schedules.ts';
import { checkKeysOnce, forgetSealings, takeSealings } from './watch.ts';

const MOST_TEXTS = 3;
const HOUR = 60 * 60 * 1000;
/** What may happen in a renewal, before each writes a last text to see whether they still understand each other. */
interface Scenario {
  /** Texts that each writes. */
  readonly texts: number;
  readonly hours: number;
  readonly breaks: boolean;
  /** Whether the link has room for one frame only, so that writes wait. */
  readonly narrow: boolean;
  readonly deviations: number;
}

afterEach(() => vi.useRealTimers());

/** One of the two, who hears all that comes. */
interface Party {
  readonly link: ConversationLink;
  readonly heard: string[];
  readonly written: string[];
  closed: boolean;
  broken: boolean;
}

/** What every run begins with. */
interface Conversation {
  readonly opened: OpenLinks;
  readonly batches: ReadonlyMap<string, Batch>;
}

class Renewal implements World {
  readonly #network: HeldNetwork;
  readonly #parties: Readonly<Record<Name, Party>>;
  readonly #batches: ReadonlyMap<string, Batch>;
  readonly #scenario: Scenario;
  #hours: number;
  #broke = false;

  constructor({ opened, batches }: Conversation, scenario: Scenario) {
    this.#batches = batches;
    this.#scenario = scenario;
    this.#network = new HeldNetwork(scenario.narrow);
    this.#hours = scenario.hours;
    const [anns, bobs] = this.#network.link('Ann', 'Bob');
    const party = (name: Name): Party => {
      const [established, link] = name === 'Ann' ? [opened.initiator, anns] : [opened.responder, bobs];
      const session = copySession(established.session);
      const mine = new ConversationLink({ ...established, session, link });
      const party: Party = { link: mine, heard: [], written: [], closed: false, broken: false };
      void mine.closed.then(() => (party.closed = true));
      const listen = async () => {
        for (let batch = await mine.receive(); batch; batch = await mine.receive()) {
          party.heard.push(...batch.messages.map(({ content }) => content.text));
        }
      };
      listen().catch(() => (party.broken = true));
      return party;
    };
    this.#parties = { Ann: party('Ann'), Bob: party('Bob') };
    forgetSealings();
  }

  choices(): Choice[] {
    const writes = NAMES.flatMap((name) => this.#writes(name));
    return [...this.#network.arrivals(), ...this.#strikes(), ...writes];
  }

  isOver(): boolean {
    const said = NAMES.every((name) => this.#parties[name].written.length > this.#scenario.texts);
    return this.#network.arrivals().length === 0 && (this.#broke || said);
  }

  check(): void {
    for (const name of NAMES) {
      const { broken, closed, heard } = this.#parties[name];
      if (broken) throw new Error(`${name} took what came for an attack`);
      if (closed && !this.#broke) throw new Error(`the link of ${name} is closed`);
      expect(heard).toEqual(this.#parties[otherOf(name)].written.slice(0, heard.length));
    }
    this.#checkEnvelopes();
  }

  judge(): void {
    checkKeysOnce(takeSealings());
    if (this.#broke) return;
    for (const name of NAMES) expect(this.#parties[name].heard).toEqual(this.#parties[otherOf(name)].written);
    const kinds = this.#network.carried.map(({ frame }) => decodeFrame(frame)?.kind);
    expect(kinds.filter((kind) => kind === 'm3').length, 'a handshake for each hour').toBe(this.#scenario.hours);
  }

  close(): void {
    for (const name of NAMES) this.#parties[name].link.close();
    vi.clearAllTimers();
  }

  #strikes(): Choice[] {
    if (this.#hours === 0 || this.#broke) return [];
    // The next hour begins where the last handshake has ended; one that stands still for so long ends the link.
    const hasStruck = this.#hours < this.#scenario.hours;
    if (hasStruck && this.#network.arrivals().length > 0) return [];
    const run = () => {
      this.#hours--;
      vi.advanceTimersByTime(HOUR);
    };
    return [{ name: 'the hour strikes', at: NAMES, run }];
  }

  /** A text may be written; two at once, even, so that the second is not to be sealed before the first is. */
  #writes(name: Name): Choice[] {
    const { written, link } = this.#parties[name];
    const { texts } = this.#scenario;
    // The last text is written when all else is done: whether the two still understand each other.
    const isQuiet = this.#hours === 0 && this.#network.arrivals().length === 0;
    const left = isQuiet && written.length === texts ? 1 : texts - written.length;
    if (this.#broke || left <= 0) return [];
    const write = (times: number) => () => {
      for (const end = written.length + times; written.length < end;) {
        const text = `${name} ${written.length + 1}`;
        written.push(text);
        void link.send(this.#batches.get(text)!);
      }
    };
    const one = { name: `${name} writes`, at: [name], run: write(1) };
    return left > 1 ? [one, { name: `${name} writes two texts at once`, at: [name], run: write(2) }] : [one];
  }

  faults(): Choice[] {
    if (!this.#scenario.breaks) return [];
    return this.#network.breaks().map((choice) => ({
      ...choice,
      run: () => {
        this.#broke = true;
        return choice.run();
      },
    }));
  }

  #envelopes() {
    const frames = this.#network.carried.map(({ from, frame }) => ({ from, ...decodeFrame(frame)! }));
    return frames
      .filter(({ kind }) => kind === 'envelope')
      .map(({ from, payload }) => ({ from, header: decodeEnvelope(payload)!.header }));
  }

  /** No two envelopes have one place, and every ratchet key belongs to one sender and one session. */
  #checkEnvelopes(): void {
    const places = new Set<string>();
    const owners = new Map<string, string>();
    for (const { from, header } of this.#envelopes()) {
      const session = toHex(header.sessionId);
      const place = `${from} ${session} ${header.counter}`;
      if (places.has(place)) throw new Error(`two envelopes are ${place}`);
      places.add(place);
      const key = toHex(header.ratchetKey);
      const owner = `${from} ${session}`;
      if ((owners.get(key) ?? owner) !== owner) throw new Error('one ratchet key in two sessions');
      owners.set(key, owner);
    }
  }
}

/** Two who have a link, and what they can say. */
async function conversation(): Promise<Conversation> {
  const identities = { Ann: await identityOf('Ann'), Bob: await identityOf('Bob') };
  const batches = new Map<string, Batch>();
  for (const name of NAMES) {
    const talk = await talkOf(identities[name].card.fingerprint, identities[otherOf(name)].card.fingerprint);
    const texts = Array.from({ length: MOST_TEXTS }, (_, index) => `${name} ${index + 1}`);
    const { messages } = await wrote(fresh(), talk, ...texts);
    for (const message of messages) batches.set(message.content.text, { messages: [message], acknowledgements: [] });
  }
  return { opened: await openLinks('Ann', 'Bob'), batches };
}

it.each<[string, Scenario]>([
  ['in every order', { texts: 1, hours: 1, breaks: false, narrow: true, deviations: Infinity }],
  ['and may lose the link', { texts: 2, hours: times(1, 2), breaks: true, narrow: false, deviations: times(1, 2) }],
])(
  'replaces the session under two who write, %s',
  async (name, scenario) => {
    const begun = await conversation();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    const explored = await exploreSchedules(async () => new Renewal(begun, scenario), scenario.deviations);
    const { schedules, states, longest } = explored;
    const found = `${schedules} schedules, ${states} states, the longest of ${longest}`;
    console.log(`Renewal, ${name}: ${found}; ${scenario.deviations} deviations.`);
    expect(schedules).toBeGreaterThan(30);
  },
  3_600_000,
);
