// The world "web": fetch() and its event.

const answer = async (request) => {
  try {
    const response = await request();
    return { status: response.status, kind: response.headers.get('content-type') ?? '', body: await response.text() };
  } catch (e) {
    throw String(e);
  }
};

export const get = (url) => answer(() => fetch(url, { headers: { 'x-asked-by': 'fetch' } }));

export const post = (url, pieces) => answer(() => {
  const body = new ReadableStream({
    start(to) {
      for (const piece of pieces) to.enqueue(new TextEncoder().encode(piece));
      to.close();
    },
  });
  return fetch(url, { method: 'POST', body, duplex: 'half' });
});

// What serves: GET answers with what it was asked, POST with the body in upper
// case, a piece at a time. /fetch?URL asks another server, /throws fails.
addEventListener('fetch', (event) => event.respondWith(serve(event.request)));

const serve = async (request) => {
  const url = new URL(request.url);
  const headers = { 'content-type': 'text/plain', 'x-method': request.method };
  if (url.pathname === '/throws') throw new Error('as it was asked to');
  if (url.pathname === '/fetch') return fetch(decodeURIComponent(url.search.slice(1)));
  if (request.method !== 'POST') return new Response(`${url.pathname}${url.search} ${request.headers.get('x-ask') ?? ''}`, { headers });
  const decode = new TextDecoder(), encode = new TextEncoder();
  const upper = new TransformStream({
    transform(piece, to) { to.enqueue(encode.encode(decode.decode(piece, { stream: true }).toUpperCase())); },
  });
  return new Response(request.body.pipeThrough(upper), { status: 201, headers });
};
