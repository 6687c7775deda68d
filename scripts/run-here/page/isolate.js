'use strict';

// A service worker that adds two headers to the pages below its own address, for servers that don't send them. With them a browser
// isolates a page from other sites, and lets its threads share memory. It is registered when a reader first runs an experiment,
// touches nothing but pages, and keeps nothing.
addEventListener('install', () => skipWaiting());

addEventListener('fetch', event => {
    if (event.request.mode === 'navigate') event.respondWith(isolated(event.request));
});

async function isolated(request) {
    const answer = await fetch(request);
    // A redirection is the browser's business.
    if (answer.type === 'opaqueredirect') return answer;
    const headers = new Headers(answer.headers);
    headers.set('Cross-Origin-Opener-Policy', 'same-origin');
    headers.set('Cross-Origin-Embedder-Policy', 'require-corp');
    return new Response(answer.body, { status: answer.status, statusText: answer.statusText, headers });
}
