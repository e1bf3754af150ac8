/** What is sent: texts of 200 characters, no two alike. */
const LENGTH = 200;

export function texts(count: number): string[] {
  const run = crypto.randomUUID();
  return Array.from({ length: count }, (_, index) => `${index} of ${run} `.padEnd(LENGTH, 'all work and no play '));
}
