'use strict';

// *Run it in this browser*. Nothing is loaded, registered or run before the reader asks; the kernel does the rest. After that, a page
// that was loaded once more to be isolated goes on where it was asked to, and a result that was kept is shown again.
for (const box of document.querySelectorAll('.run-here')) {
    const { slug, kernel, module } = box.dataset;
    // The page for printing has all chapters, and runs none.
    if (location.pathname.endsWith('/print.html')) box.remove();
    const script = src => new Promise((resolve, reject) => {
        document.head.append(Object.assign(document.createElement('script'), { src, onload: resolve, onerror: reject }));
    });
    let loading;
    const ask = async (what, ...more) => {
        try {
            await (loading ??= script(kernel).then(() => script(module)));
        } catch {
            loading = undefined;
            box.querySelector('.status').textContent = 'What runs here couldn’t be loaded. Are you offline, or is this page from a plain mdbook build?';
            return;
        }
        await runHere[what](box, ...more);
    };
    for (const button of box.querySelectorAll('[data-run]')) button.addEventListener('click', () => ask('run', button.dataset.run));
    box.querySelector('.forget').addEventListener('click', () => ask('forget'));
    try {
        const [of, action, at] = JSON.parse(localStorage.getItem('run-here-next')) ?? [];
        if (of === slug) localStorage.removeItem('run-here-next');
        if (of === slug && Date.now() - at < 20_000) {
            box.closest('details').open = true;
            box.closest('.predict').classList.add('answered');
            const button = box.querySelector(`[data-run="${action}"]`);
            button.focus({ preventScroll: true });
            box.scrollIntoView({ block: 'center' });
            ask('run', action, true);
        } else if (localStorage.getItem(`run-here:${slug}`)) ask('recall');
    } catch { /* where nothing may be kept, nothing was */ }
}
