// The requests that a page of another origin can send (CSRF). Each function runs in that page, so it is self-contained.

export type Fields = Record<string, string>;
export type Target = [url: string, fields: Fields];

/** Where a form's answer is shown. */
export type Into = "frames" | "windows" | "here";

/** Submits a form for each target, each into a frame or window of its own, or all into this page, where the last one wins. */
export function submitAll([method, into, all]: [method: "get" | "post", into: Into, all: Target[]]): void {
  for (const [at, [action, fields]] of all.entries()) {
    // A window of an earlier step that is still closing would take a request of the same name along.
    const target = into === "here" ? "" : `${method}-${into}-${at}`;
    if (into === "frames") document.body.append(Object.assign(document.createElement("iframe"), { name: target }));
    const form = Object.assign(document.createElement("form"), { method, action, target });
    for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { name, value }));
    document.body.append(form);
    form.submit();
  }
}

/** The number of requests that `fetchAll` sends for each target. */
export const FETCHES = 6;

/** Requests each target in every way that scripts have. Returns what they learn of the responses. */
export function fetchAll(all: Target[]): Promise<string[]> {
  const ways = all.flatMap(([url, fields]): [string, RequestInit][] => {
    const body = new URLSearchParams(fields);
    navigator.sendBeacon(url, body);
    return [
      [url, { body }],
      [url, { body, mode: "no-cors" }],
      [url, { body: `${body}`, headers: { "content-type": "text/plain" }, mode: "no-cors" }],
      // These two need a CORS preflight.
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
