/** What a message's state says of one that has been delivered: what was read was delivered. */
export const DELIVERED: readonly string[] = ['Delivered', 'Read'];
