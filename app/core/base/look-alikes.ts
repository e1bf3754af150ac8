/**
 * Names that the eye takes for each other. In the manner of Unicode's Technical Standard 39, but with a table that knows the
 * letters of the alphabets that share shapes (Latin, Cyrillic, Greek, Armenian) and digits, and no others. What is
 * compatible in Unicode (wide, mathematical, circled letters) is the same here. It finds rather too much than too little, as
 * all that follows is a few digits more.
 */

/** Under each Latin letter, and a few marks, what looks like it, upper or lower case. */
const SHAPES: Record<string, string> = {
  a: 'аɑᴀαΑ',
  b: 'вВвЬьƅʙΒβ',
  c: 'сСϲᴄ',
  d: 'ԁᴅ',
  e: 'еЕεΕᴇеє',
  g: 'ɡɢցԍ',
  h: 'нНһҺʜΗհ',
  j: 'јЈϳᴊյ',
  k: 'кКκΚᴋ',
  // Tall strokes: which of them is meant depends on the typeface.
  l: 'i1|ıɩіІїΙιɪӏӀǀʟℓլ',
  m: 'мМΜᴍ',
  n: 'ηΝɴпոռ',
  o: '0оОοΟσᴏօՕ',
  p: 'рРρΡᴘþ',
  q: 'ԛզգ',
  r: 'гʀᴦ',
  s: 'ѕЅꜱՏ',
  t: 'тТτΤᴛ',
  u: 'υսᴜՍμ',
  v: 'νѵѴᴠ',
  w: 'ԝᴡωѡɯա',
  x: 'хХχΧ',
  y: 'уУүҮγΥʏ',
  z: 'Ζζᴢ',
  3: 'зЗʒӡȝ',
  "'": '’‘ʼʹ`´′',
  '-': '‐‑‒–—−',
};

const SHAPE_OF = new Map(
  Object.entries(SHAPES).flatMap(([shape, alike]) => [...alike].map((character) => [character, shape] as const)),
);

/**
 * Marks above and below letters: what carries other marks, or none, is the same name to a quick eye. On letters that share
 * shapes those of any script are but dots and strokes; elsewhere marks are spelling.
 */
const ACCENTS =
  /(?<=[\p{Script=Latin}\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Nd}]\p{M}*)\p{M}|[\u0300-\u036f]/gu;
/** What cannot be seen, spaces among it. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2800\s]/gu;
/** Two letters that stand for one. */
const PAIRS = /rn|vv/gu;

/** What is left of a name once all that looks alike is the same. */
function skeleton(name: string): string {
  const letters = [...name.normalize('NFKC').replace(INVISIBLE, '').normalize('NFD').replace(ACCENTS, '')];
  const shapes = letters.map((letter) => {
    const lower = letter.toLowerCase();
    // A capital has a shape of its own, which that of its small letter must not hide: I is a stroke, Η is an H.
    return SHAPE_OF.get(letter) ?? SHAPE_OF.get(lower) ?? lower;
  });
  return shapes.join('').replace(PAIRS, (pair) => (pair === 'rn' ? 'm' : 'w'));
}

/**
 * What a name may be taken for, as it stands and in small letters: two names that share one of these may be taken for each
 * other. They are for comparing, not for showing.
 */
export function likenesses(name: string): readonly string[] {
  // Upper case first: it has one form of letters that have two in lower case.
  return [...new Set([skeleton(name), skeleton(name.toUpperCase().toLowerCase())])];
}

/** Whether one name may be taken for the other. */
export function looksLike(one: string, other: string): boolean {
  const known = likenesses(other);
  return likenesses(one).some((likeness) => known.includes(likeness));
}

/** The alphabets that share shapes, so that a word of two of them is no word of any language. */
const ALPHABETS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Lisu}/u,
];
const WORD_ENDS = /[^\p{L}\p{M}]+/u;

/** Whether a word of a name is written in two alphabets that share shapes: made to look like another name. */
export function mixesAlphabets(name: string): boolean {
  const words = name.normalize('NFKC').split(WORD_ENDS);
  return words.some((word) => ALPHABETS.filter((alphabet) => alphabet.test(word)).length > 1);
}
