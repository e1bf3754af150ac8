/** Characters in the texts of others that show as nothing and could make a text look like another ("photo_gpj.exe"). */

/**
 * Bidirectional embeddings, overrides and isolates; zero-width spaces and joiners, fillers that show as nothing, and format
 * characters without a use in any script.
 */
const DISGUISE =
  /(\u034f|[\u00ad\u115f\u1160\u180e\u200b\u202a-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb])/u;

/** The text in parts, every second of which is one such character. */
export function splitAtDisguises(text: string): string[] {
  return text.split(DISGUISE);
}

/** What a character is called: "U+202E". */
export function codeOf(character: string): string {
  return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
}
