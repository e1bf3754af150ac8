import type { Invite, InvitePreview } from '../../core/chat/preview.ts';
import { INVITE_SENTENCES } from '../../core/chat/trouble.ts';
import type { Sentence } from '../../core/chat/views.ts';
import type { Parts } from '../parts.ts';

const UNREACHABLE = 'We cannot reach the server right now. Check that you are online, then try again.';

/** An invite link that was opened in this tab. It lives in memory only. */
export class Arrival {
  readonly #parts: Parts;
  #invite = $state.raw<Invite>();
  #preview = $state.raw<InvitePreview>();
  #problem = $state.raw<Sentence>();
  #asked = 0;
  /** Settles once the server has been asked. */
  readonly ready: Promise<void>;

  constructor(parts: Parts, link: string, me: string | undefined) {
    this.#parts = parts;
    const read = parts.readInvite(link);
    if ('problem' in read) this.#problem = read.problem;
    else this.#invite = read;
    this.ready = this.check(me);
  }

  /** Asks the server how the invite stands for `me`: the one who spent it may retry. */
  async check(me: string | undefined): Promise<void> {
    if (this.#invite === undefined) return;
    const asked = ++this.#asked;
    const preview = await this.#parts.previewInvite(this.#invite, me);
    // An answer for somebody else may come later than the one for whom this tab is now.
    if (asked === this.#asked) this.#preview = preview;
  }

  /** The invite, if the link holds one. */
  get invite(): Invite | undefined {
    return this.#invite;
  }

  /** The fingerprint of whoever made the invite, in hexadecimal. */
  get inviter(): string | undefined {
    return this.#invite && this.#parts.inviterOf(this.#invite);
  }

  /** Who made the invite, once known. */
  get name(): string | undefined {
    return this.#preview?.name;
  }

  /** Whether one can join while whoever made it is away. */
  get knock(): boolean {
    return this.#preview?.knock === true;
  }

  /** Whether the link holds no invite at all: nobody need be chosen to hear of that. */
  get broken(): boolean {
    return this.#invite === undefined;
  }

  /** Whether pressing Join may lead anywhere. The server's word that it was used is not final: its maker's is. */
  get open(): boolean {
    return this.trouble === undefined || this.#preview?.state === 'used';
  }

  /** What speaks against joining, in a sentence. */
  get trouble(): Sentence | undefined {
    if (this.passing) return UNREACHABLE;
    return this.#problem ?? (this.#preview && INVITE_SENTENCES[this.#preview.state]);
  }

  /** Whether trying again may help. */
  get passing(): boolean {
    return this.#preview?.state === 'unreachable';
  }
}
