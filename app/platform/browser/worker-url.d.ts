/** What Vite makes of a worker: its address. */
declare module '*?worker&url' {
  const url: string;
  export default url;
}
