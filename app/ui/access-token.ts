/** What to say when a private server does not know a token. */
export const TOKEN_REFUSED = 'The server did not accept this access token. Check it with whoever runs the server.';
