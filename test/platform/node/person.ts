/** A person in a process of their own, on the real adapters of Node: does what its parent asks for, and answers. */
import { Folder, type OpenProfile, type Proof } from '../../../app/platform/node/folder.ts';
import { openNodeLink } from '../../../app/platform/node/node-link.ts';
import { parseInviteLink } from '../../../app/core/chat/preview.ts';
import { spoken, type MessageView } from '../../../app/core/chat/views.ts';

let folder: Folder;
let profile: OpenProfile;

/** What can be asked of a person. */
const deeds = {
  async take(path: string) {
    folder = await Folder.open(path, () => Promise.resolve(openNodeLink));
    return { name: folder.name, ways: folder.ways };
  },
  async create(name: string, origin: string, passphrase?: string) {
    profile = await folder.create({ name, origin, passphrase });
    profile.chat.connect();
    return profile.chat.fingerprint;
  },
  async unlock(proof?: Proof, origin?: string) {
    profile = await folder.unlock(proof, origin);
    profile.chat.connect();
    return profile.chat.fingerprint;
  },
  async invite() {
    await until(() => profile.chat.server === 'connected');
    return (await profile.chat.createInvite()).link;
  },
  async join(link: string) {
    const invite = parseInviteLink(link);
    if ('problem' in invite) throw new Error(spoken(invite.problem, 'page'));
    return profile.chat.join(invite);
  },
  async meet() {
    return until(() => profile.chat.conversations.find(({ connection }) => connection === 'direct')?.id);
  },
  async send(to: string, text: string) {
    await profile.chat.send(to, text);
  },
  /** What stands in a conversation, once it holds this text, in this state if it is one's own. */
  async read(from: string, text: string, state?: MessageView['state']) {
    const thread = await profile.chat.thread(from);
    try {
      await until(() =>
        thread.messages.some((one) => one.text === text && (state === undefined || one.state === state)),
      );
      return thread.messages.map((one) => one.text);
    } finally {
      thread.close();
    }
  },
  async path(of: string) {
    return profile.chat.connections.describe(of);
  },
  async close() {
    await profile.close();
  },
};

export type Deeds = typeof deeds;

function until<T>(ask: () => T | undefined | false): Promise<T> {
  return new Promise((resolve) => {
    const check = () => {
      const value = ask();
      if (value === undefined || value === false) return;
      stop();
      resolve(value);
    };
    const stop = profile.chat.subscribe(check);
    check();
  });
}

process.on('message', (asked: { id: number; deed: keyof Deeds; args: unknown[] }) => {
  const done = (deeds[asked.deed] as (...args: unknown[]) => Promise<unknown>)(...asked.args);
  done.then(
    (value) => process.send!({ id: asked.id, value }),
    (error: unknown) => process.send!({ id: asked.id, error: error instanceof Error ? error.message : 'failed' }),
  );
});
