'use strict';

// *Run it in this browser*. Nothing is loaded, registered or run before the reader asks; then the kernel does the rest. It is also loaded
// where a reader has asked before: the page was loaded once more for that, or a result was kept.
for (const box of document.querySelectorAll('.run-here')) {
    const { slug, kernel, module } = box.dataset;
    const script = src => new Promise((onload, onerror) => {
        document.head.append(Object.assign(document.createElement('script'), { src, onload, onerror }));
    });
    let loading;
    const ask = async (what, action) => {
        try {
            await (loading ??= script(kernel).then(() => script(module)));
        } catch {
            loading = 0;
            box.querySelector('.status').textContent = 'What runs here can’t be loaded: are you offline, or is this a plain mdbook build?';
            return;
        }
        runHere[what](box, action);
    };
    box.addEventListener('click', ({ target: { dataset: { run }, className } }) => {
        if (run) ask('run', run);
        if (className === 'forget') ask('forget');
    });
    // A click before this would have been lost.
    box.querySelectorAll('[data-run]').forEach(button => { button.disabled = false; });
    try {
        if (localStorage.getItem('run-here-next') || localStorage.getItem(`run-here:${slug}`)) ask('resume');
    } catch { /* where nothing may be kept, nothing was */ }
}
