import type { Invite, InvitePreview, InviteProblem } from '../core/chat/preview.ts';
import type { KeyFile } from '../platform/profile/key-file.ts';
import type { Profiles } from '../platform/browser/profiles.ts';
import type { OpenedBackup } from '../platform/profile/restoring.ts';

/** What the interface stands on. `main.ts` puts the real ones together; everything else sees only this. */
export interface Parts {
  readonly profiles: Profiles;
  /** Reads the file of a person's own key. Throws a ChatError. */
  readonly readKeyFile: (file: Blob) => Promise<KeyFile>;
  readonly readInvite: (link: string) => Invite | InviteProblem;
  /** The fingerprint, in hexadecimal, of whoever made an invite. */
  readonly inviterOf: (invite: Invite) => string;
  /** Asks the server how an invite stands; one that `me` has spent still counts as live. */
  readonly previewInvite: (invite: Invite, me: string | undefined) => Promise<InvitePreview>;
  /** Whether the browser keeps what Sotto stores; and asking it to. */
  readonly storage: { readonly isKept: () => Promise<boolean>; readonly askToKeep: () => Promise<boolean> };
  readonly serverAccess: () => Promise<'open' | 'private' | 'unreachable'>;
  /** Finds the backup that a recovery code opens, in a file or else on the server. Throws a ChatError. */
  readonly openBackup: (code: string, file: Blob | undefined) => Promise<OpenedBackup>;
  /** Throws a ChatError if the server cannot be asked. */
  readonly checkToken: (token: string) => Promise<boolean>;
}
