// What a page of somebody else's can send to ours. Each function runs in that page, so it stands alone.

export type Fields = Record<string, string>;
export type Target = [url: string, fields: Fields];

/** Sends a form for each target: into frames of their own, or (the last one wins) to where this page is. */
export function submitAll([method, inFrames, all]: [method: "get" | "post", inFrames: boolean, all: Target[]]): void {
  for (const [at, [action, fields]] of all.entries()) {
    const target = inFrames ? `frame-${at}` : "";
    if (inFrames) document.body.append(Object.assign(document.createElement("iframe"), { name: target }));
    const form = Object.assign(document.createElement("form"), { method, action, target });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  }
}

/** How many requests `fetchAll` makes for each target. */
export const FETCHES = 6;

/** Each target in every way that scripts have, and what they learn of the answers. */
export function fetchAll(all: Target[]): Promise<string[]> {
  const ways = all.flatMap(([url, fields]): [string, RequestInit][] => {
    const body = new URLSearchParams(fields);
    navigator.sendBeacon(url, body);
    return [
      [url, { body }],
      [url, { body, mode: "no-cors" }],
      [url, { body: `${body}`, headers: { "content-type": "text/plain" }, mode: "no-cors" }],
      // Of these two the browser asks first whether they may be sent.
      [url, { body: JSON.stringify(fields), headers: { "content-type": "application/json" } }],
      [url, { body, headers: { authorization: "Bearer of-somebody" } }],
    ];
  });
  const learns = ([url, init]: [string, RequestInit]) =>
    fetch(url, { method: "POST", credentials: "include", ...init }).then((answer) => answer.type, () => "nothing");
  return Promise.all(ways.map(learns));
}

export function showAll(all: Target[]): Promise<string[]> {
  const shows = ([url, fields]: Target) =>
    new Promise<string>((resolve) => {
      const [onload, onerror] = [() => resolve("an image"), () => resolve("nothing")];
      Object.assign(new Image(), { onload, onerror, src: `${url}?${new URLSearchParams(fields)}` });
    });
  return Promise.all(all.map(shows));
}
