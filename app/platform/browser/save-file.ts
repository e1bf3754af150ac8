/** Gives a person a text, or bytes, as a file, the way their browser saves downloads. */
export function saveFile(name: string, content: string | Blob): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of it by then, and nothing else shall reach it by that address.
  setTimeout(() => URL.revokeObjectURL(url));
}
