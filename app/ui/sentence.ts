/** What an error says to people: every error of the core carries one sentence, others become a general one. */
export function sentenceOf(error: unknown): string {
  if (error instanceof Error && error.name === 'ChatError') return error.message;
  return 'Something went wrong on our side. Try again; if it stays, reload the page.';
}
