/** Gives a person a text as a file, the way their browser saves downloads. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The browser has taken hold of the text by then, and nothing else shall reach it by that address.
  setTimeout(() => URL.revokeObjectURL(url));
}
