/**
 * Who is who: comparing keys with a person, and people who bear the name of another. A key is a person here, so somebody
 * who comes with another key is somebody else, whatever they are called, until the keys are compared.
 */
import type { Card } from '../../../signal/wire/card.ts';
import { ChatError } from '../base/errors.ts';
import { likenesses } from '../base/look-alikes.ts';
import type { Sentence } from '../base/sentence.ts';
import { encodeCode, judgeCode } from '../session/safety-code.ts';
import { digitsOf, joinDigits } from '../session/safety-number.ts';
import type { Contact, Contacts } from './contacts.ts';
import { CODE_SENTENCES, namesakeSentence, NOTHING_TO_COMPARE } from './trouble.ts';
import type { SafetyNumber } from './views.ts';

/** What is to be said of somebody who bears another's name. */
export interface Namesake {
  readonly sentence: Sentence;
  /** The other is verified: nothing is written to this one. */
  readonly held: boolean;
}

export class Verification {
  readonly #us: Card;
  readonly #contacts: Contacts;
  readonly #onchange: () => void;
  /** Everyone's is asked for with each message. */
  readonly #likenesses = new WeakMap<Contact, readonly string[]>();
  #ourDigits: Promise<string> | undefined;

  constructor(us: Card, contacts: Contacts, onchange: () => void) {
    this.#us = us;
    this.#contacts = contacts;
    this.#onchange = onchange;
  }

  /** What to compare with someone. @throws ChatError as long as there is no key of theirs */
  async safetyNumber(conversation: string): Promise<SafetyNumber> {
    const card = this.#cardOf(conversation);
    return { digits: await this.digitsWith(card), code: encodeCode(this.#us.fingerprint, card.fingerprint) };
  }

  /** The 60 digits that we and whoever has this card both see. */
  async digitsWith(card: Card): Promise<string> {
    this.#ourDigits ??= digitsOf(this.#us);
    const [ours, theirs] = await Promise.all([this.#ourDigits, digitsOf(card)]);
    return joinDigits(ours, theirs);
  }

  /**
   * Takes a code that was scanned from the other's screen; the right one makes them verified.
   * @returns why it is not the right one, in one sentence. @throws ChatError
   */
  async scan(conversation: string, code: string): Promise<Sentence | undefined> {
    const verdict = judgeCode(code, this.#us.fingerprint, this.#cardOf(conversation).fingerprint);
    if (verdict === 'same') await this.mark(conversation, true);
    return CODE_SENTENCES[verdict];
  }

  /** The person compared, or takes it back. Resolves once that is durable. @throws ChatError */
  async mark(conversation: string, verified: boolean): Promise<void> {
    this.#cardOf(conversation);
    await this.#contacts.update(conversation, (known) => known && { ...known, verified });
    this.#onchange();
  }

  /** Everyone not verified who bears the name of another, and what is to be said of them. */
  namesakes(): ReadonlyMap<string, Namesake> {
    const groups = new Map<string, Contact[]>();
    for (const contact of this.#contacts.all()) {
      for (const likeness of this.#likenessesOf(contact)) {
        groups.set(likeness, [...(groups.get(likeness) ?? []), contact]);
      }
    }
    const namesakes = new Map<string, Namesake>();
    for (const group of groups.values()) {
      if (group.length === 1) continue;
      const held = group.some(({ verified }) => verified);
      for (const { id, name, verified } of group) {
        if (!verified && !namesakes.get(id)?.held) namesakes.set(id, { sentence: namesakeSentence(name, held), held });
      }
    }
    return namesakes;
  }

  /** @throws ChatError if somebody verified bears this person's name, and they are not verified themselves */
  checkMayWrite(conversation: string): void {
    const namesake = this.namesakes().get(conversation);
    if (namesake?.held) throw new ChatError(namesake.sentence);
  }

  #likenessesOf(contact: Contact): readonly string[] {
    const known = this.#likenesses.get(contact) ?? likenesses(contact.name);
    this.#likenesses.set(contact, known);
    return known;
  }

  #cardOf(conversation: string): Card {
    const status = this.#contacts.get(conversation)?.status;
    if (!status?.card) throw new ChatError(NOTHING_TO_COMPARE);
    return status.card;
  }
}
