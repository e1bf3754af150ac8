/** What is told of a connection, and of what keeps one from being made. */
import { describe, expect, it } from 'vitest';
import type { LinkError } from '../../../app/core/base/errors.ts';
import { spoken } from '../../../app/core/base/sentence.ts';
import { Connections, type ConnectionsParts } from '../../../app/core/chat/connections.ts';
import type { Contact } from '../../../app/core/chat/contacts.ts';
import type { Peer } from '../../../app/core/chat/peer.ts';
import type { Path } from '../../../app/core/transport/link.ts';

interface Situation {
  readonly path?: Path | undefined;
  readonly open?: boolean;
  readonly blocked?: boolean;
  readonly present?: boolean | undefined;
  readonly server?: ConnectionsParts['server']['state'];
  readonly failure?: LinkError['code'];
  readonly relay?: boolean;
  readonly trouble?: string;
}

function connections(is: Situation): Connections {
  const peer = {
    route: is.open ? 'direct' : undefined,
    path: () => Promise.resolve(is.open ? { path: is.path, since: 1000 } : undefined),
  } as Pick<Peer, 'route' | 'path'> as Peer;
  return new Connections({
    contacts: { get: () => ({ blocked: is.blocked ?? false }) as Contact },
    roster: {
      get: () => peer,
      failure: () => is.failure,
      presence: () => ('present' in is ? is.present : true),
      trouble: () => is.trouble,
    },
    server: { state: is.server ?? 'connected', iceServers: is.relay ? [{ urls: 'turns:relay.example' }] : [] },
  });
}

const whyOf = async (is: Situation) => {
  const details = await connections(is).describe('bob');
  return details.route === undefined ? spoken(details.why, 'page') : `connected: ${details.route}`;
};

describe('an open link', () => {
  it('is told with its path, and since when it is open', async () => {
    const path = { route: 'relay', protocol: 'tls', roundTrip: 23 } as const;
    expect(await connections({ open: true, path }).describe('bob')).toEqual({ ...path, since: 1000 });
  });

  it('is told as far as it is known', async () => {
    const details = await connections({ open: true }).describe('bob');
    expect(details).toEqual({ route: 'direct', protocol: undefined, roundTrip: undefined, since: 1000 });
  });
});

describe('a link that is not there', () => {
  it.each<[string, Situation, RegExp]>([
    ['the person is blocked', { blocked: true, server: 'connecting' }, /^You have blocked this person/],
    ['the server is away', { server: 'connecting', failure: 'no-path' }, /^The server .* cannot be reached/],
    ['the person is away', { present: false, failure: 'closed' }, /^They are not here/],
    ['nothing was tried yet', {}, /^Sotto is looking for a way/],
    ['a key does not fit', { failure: 'no-answer', trouble: 'Another key.' }, /^Another key\.$/],
    ['nobody answered', { failure: 'no-answer' }, /did not answer.* tries again by itself/],
    ['there is no path', { failure: 'no-path' }, /the server has no relay\. One of you could try another network/],
    ['there is none by a relay either', { failure: 'no-path', relay: true }, /nor one by the server’s relay/],
    [
      'the relay refused',
      { failure: 'relay-refused', relay: true },
      /the relay refuses the passwords .* Tell whoever runs/,
    ],
    ['it broke off', { failure: 'closed' }, /broke off/],
    ['it took too long', { failure: 'timeout' }, /took too long/],
    ['what came did not verify', { failure: 'protocol' }, /did not verify/],
    ['the versions differ', { failure: 'version' }, /different versions/],
  ])('is explained if %s', async (_, is, sentence) => {
    expect(await whyOf(is)).toMatch(sentence);
  });

  it.each<[string, Situation, boolean]>([
    ['no path was found', { failure: 'no-path' }, true],
    ['the relay refused', { failure: 'relay-refused' }, true],
    ['nobody answered yet', { failure: 'no-answer' }, false],
    ['the other has left since', { failure: 'no-path', present: false }, false],
    ['the server cannot say who is here', { failure: 'no-path', present: undefined, server: 'connecting' }, false],
  ])('is told of in the conversation itself only where people can do something: %s', (_, is, told) => {
    expect(connections(is).obstacle('bob') !== undefined).toBe(told);
  });
});
