// What the browser test asks of a page, run in it. Each finding is a sentence; no finding is an empty list.
'use strict';
globalThis.inspect = (() => {
    const interactive = 'a[href], area[href], button, input:not([type=hidden]), select, textarea, summary, iframe, audio[controls], video[controls], [contenteditable], [tabindex]:not([tabindex="-1"])';
    // A click on the title leads to the top of the page, as the key Home does.
    const byOtherKeys = '.menu-title';
    const shown = element => {
        if (!element.checkVisibility({ visibilityProperty: true })) return false;
        const { width, height } = element.getBoundingClientRect();
        return width > 0 && height > 0;
    };
    // An element as a person would point at it.
    const name = element => {
        const id = element.id ? '#' + element.id : [...element.classList].map(word => '.' + word).join('');
        const words = (element.ariaLabel ?? element.textContent).trim().replace(/\s+/g, ' ').slice(0, 40);
        return `<${element.localName}${id}>` + (words ? ` "${words}"` : '');
    };
    const all = (selector, root = document) => [...root.querySelectorAll(selector)];
    const scrolls = (element, axis) => /auto|scroll/.test(getComputedStyle(element)['overflow' + axis]);
    const wider = element => element.scrollWidth > element.clientWidth;

    // What is unfolded may overflow, which the page's own script notices a frame later.
    async function open() {
        for (const details of all('details')) details.open = true;
        await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    }

    // The book's scripts name what scrolls, and give it a stop for the keyboard. Without them, the browser gives the stop.
    const scripted = () => document.documentElement.matches('.js');

    // ---- Nothing scrolls sideways, and nothing is cut off ----

    // The end of whatever contains the element and lets it be scrolled to, if a keyboard can do that and a name says what it is.
    const labelledScroller = element => {
        for (let box = element; box && box !== document.body; box = box.parentElement) {
            if (scrolls(box, 'X') && (box === element || wider(box))) return box;
        }
    };

    function sideways() {
        const found = [];
        const page = document.scrollingElement;
        if (wider(page)) found.push(`the page scrolls sideways: ${page.scrollWidth} px in ${page.clientWidth}`);
        const end = page.clientWidth;
        for (const element of all('body *')) {
            if (!shown(element)) continue;
            const style = getComputedStyle(element);
            const box = element.getBoundingClientRect();
            const svg = element.ownerSVGElement;
            if (svg) {
                if (element.localName !== 'text' || svg.ownerSVGElement) continue;
                const around = svg.getBoundingClientRect();
                const outside = box.left < around.left - 1 || box.right > around.right + 1 || box.top < around.top - 1 || box.bottom > around.bottom + 1;
                if (outside) found.push(`${name(element)} reaches out of its drawing`);
                continue;
            }
            if (scripted() && scrolls(element, 'X') && wider(element) && element !== page && element !== document.body) {
                if (element.tabIndex < 0 && !all(interactive, element).length) found.push(`${name(element)} scrolls sideways and can't be focused`);
                if (!element.ariaLabel && !element.getAttribute('aria-labelledby')) found.push(`${name(element)} scrolls sideways and has no label`);
            }
            // Text for screen readers alone is clipped to a pixel.
            const cuts = /hidden|clip/.test(style.overflowX) && element.clientWidth > 1 && !element.closest('svg');
            if (cuts && element.scrollWidth > element.clientWidth + 1) found.push(`${name(element)} cuts off ${element.scrollWidth - element.clientWidth} px of what it holds`);
            // What is clipped to a pixel is for screen readers alone.
            if (element.closest('legend, thead')?.clientWidth === 1) continue;
            const beyond = box.right > end + 1 || box.left < -1;
            // Spaces hang at the end of a line that wraps.
            const code = element.closest('pre > code');
            const hangs = code && code !== element && !wider(code);
            if (beyond && !hangs && style.opacity !== '0' && !labelledScroller(element)) found.push(`${name(element)} reaches from ${Math.round(box.left)} to ${Math.round(box.right)} px of ${end}`);
        }
        return found;
    }

    // ---- Nothing moves as the page loads ----

    function moved() {
        shifts.push(...shiftObserver.takeRecords());
        return shifts.filter(shift => !shift.hadRecentInput).map(shift => {
            const what = shift.sources.map(({ node, previousRect: from, currentRect: to }) => {
                const element = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
                return `${element ? name(element) : 'something'} from ${from.x},${from.y} (${from.width}×${from.height}) to ${to.x},${to.y} (${to.width}×${to.height})`;
            });
            return `the layout shifts by ${shift.value.toFixed(4)}: ${what.join('; ')}`;
        });
    }

    // What moves although the reader asked for no motion.
    const moving = () => document.getAnimations().filter(({ playState, effect }) => playState === 'running' && effect.getComputedTiming().duration > 1)
        .map(({ effect }) => `${name(effect.target)} moves although less motion is preferred`);

    // ---- axe ----

    // Every rule but those that are experimental, outdated, or ask for more than the AA level of WCAG.
    // Without the book's own scripts, the menu is mdBook's: not a landmark, and with a label that has a label; and axe doesn't
    // know that the browser makes what scrolls a stop. The sidebar's frame is no page of its own.
    async function violations(only) {
        const left = ['experimental', 'deprecated', 'wcag2aaa', 'wcag21aaa', 'wcag22aaa'];
        if (!scripted()) left.push('region', 'aria-prohibited-attr', 'scrollable-region-focusable');
        if (document.body.matches('.sidebar-iframe-inner')) left.push('landmark-one-main', 'page-has-heading-one', 'bypass');
        const values = only ?? axe.getRules().filter(rule => ![rule.ruleId, ...rule.tags].some(word => left.includes(word))).map(rule => rule.ruleId);
        const results = await axe.run(document, { runOnly: { type: 'rule', values }, resultTypes: ['violations', 'incomplete'] });
        const inWords = ({ id, help, nodes }) => nodes.map(node => {
            const why = [...node.any, ...node.all, ...node.none].map(check => check.message).join('; ');
            return `axe, ${id}: ${help}: ${node.target.join(' ')}: ${why}`;
        });
        // Where axe can't tell the contrast, the text is in a drawing, which has a check of its own, or behind something.
        const untold = results.incomplete.filter(rule => rule.id !== 'color-contrast');
        return { found: [...results.violations.flatMap(inWords), ...untold.flatMap(inWords).map(words => `can't be told by ${words}`)], passes: results.passes.length };
    }

    // ---- The keyboard ----

    let stops = [];
    const visited = new Set();
    // What tells a reader that an element has the focus; its own border and ground may change instead of an outline.
    // A label may stand in for a control that is hidden.
    const looks = element => JSON.stringify([element, ...element.labels ?? []].map(element => {
        const { outlineStyle, outlineWidth, outlineColor, boxShadow, borderColor, backgroundColor, opacity } = getComputedStyle(element);
        return [outlineStyle === 'none' ? 0 : [outlineStyle, outlineWidth, outlineColor], boxShadow, borderColor, backgroundColor, opacity];
    }));

    // What should be reached: whatever is interactive by its nature, and what only the mouse's cursor or a listener shows to be so.
    function findStops() {
        document.activeElement?.blur();
        getSelection().removeAllRanges();
        scrollTo(0, 0);
        const found = [];
        const elements = all('body *').filter(element => shown(element) && !element.closest('[inert]'));
        const overflows = element => (scrolls(element, 'X') && wider(element) || scrolls(element, 'Y') && element.scrollHeight > element.clientHeight)
            && !element.querySelector(interactive);
        const controls = elements.filter(element => element.matches(interactive) && !element.disabled && element.getAttribute('tabindex') !== '-1'
            || !scripted() && overflows(element));
        for (const element of elements) {
            if (element.tabIndex > 0) found.push(`${name(element)} jumps the queue with tabindex ${element.tabIndex}`);
            const inControl = element.closest(interactive) ?? element.closest('label')?.control;
            const points = getComputedStyle(element).cursor === 'pointer' && getComputedStyle(element.parentElement).cursor !== 'pointer';
            if (points && !inControl && !element.matches(byOtherKeys) && !element.querySelector(interactive)) found.push(`${name(element)} is for the mouse only`);
            const role = /^(?:button|link|checkbox|radio|switch|tab|menuitem|slider|option)$/.test(element.role ?? '');
            // Of tabs one is a stop, from which arrows lead to the others.
            const group = element.closest('[role=tablist]');
            if (role && element.tabIndex < 0 && !group?.querySelector('[role=tab][tabindex="0"]')) found.push(`${name(element)} has a role that the keyboard can't play`);
            if (scripted() && overflows(element) && element.tabIndex < 0) found.push(`${name(element)} can't be scrolled with the keyboard`);
        }
        stops = controls.map(element => ({ element, unfocused: looks(element), reached: false }));
        return found;
    }

    // Called on whatever listens to the mouse.
    function forMouseOnly() {
        if (!(this instanceof Element) || this === document.documentElement || this === document.body) return '';
        if (this.matches(byOtherKeys)) return '';
        const served = this.closest(interactive) || this.querySelector(interactive) || this.closest('label')?.control;
        return shown(this) && !served ? `${name(this)} listens to the mouse only` : '';
    }

    // Radios of one name are one stop.
    const sameStop = (one, other) => one === other || (one.type === 'radio' && other.type === 'radio' && one.name === other.name && one.form === other.form);

    function isSeen(element) {
        const box = element.getBoundingClientRect();
        const x = (Math.max(box.left, 0) + Math.min(box.right, innerWidth)) / 2;
        // Two of its points, as text that wraps has gaps in its middle.
        const rects = [element, ...element.labels ?? []].flatMap(part => [...part.getClientRects()]).filter(rect => rect.width && rect.height);
        const points = [[x, (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2], ...rects.map(rect => [rect.left + rect.width / 2, rect.top + rect.height / 2])];
        return points.some(([x, y]) => {
            const top = document.elementFromPoint(x, y);
            return top && (element.contains(top) || top.contains(element) && top !== document.body && top !== document.documentElement || top.closest('label')?.control === element);
        });
    }

    async function here() {
        const element = document.activeElement;
        if (!element || element === document.body) return { end: true, found: [] };
        const found = [];
        if (visited.has(element)) return { end: true, found };
        visited.add(element);
        for (const stop of stops) stop.reached ||= sameStop(stop.element, element);
        const stop = stops.find(stop => stop.element === element);
        if (!stop && !element.matches('.skip')) found.push(`${name(element)} is focused, and not to be seen`);
        if (stop && looks(element) === stop.unfocused) found.push(`${name(element)} looks the same with the focus as without`);
        // The bar on top follows a jump of the page in the next frame only.
        if (!isSeen(element)) await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
        const box = element.getBoundingClientRect();
        if (!isSeen(element)) found.push(`${name(element)} is focused at ${Math.round(box.left)},${Math.round(box.top)} (${Math.round(box.width)}×${Math.round(box.height)}), where it can't be seen`);
        return { end: false, found, kind: kindOf(element), name: name(element) };
    }

    // The keys that work a control: Enter, Space, any letter, or an arrow.
    const kindOf = element => {
        if (element.matches('a, button, summary, [role=button], [role=link], [role=tab], [role=menuitem]')) return 'enter';
        if (element.matches('[type=checkbox], [type=radio], [role=checkbox], [role=radio], [role=switch]')) return 'space';
        if (element.matches('[type=range], [type=number], [role=slider], [role=separator]')) return 'right';
        if (element.matches('select')) return 'down';
        if (element.matches('input, textarea, [contenteditable]')) return 'text';
        if (scrolls(element, 'X') && wider(element)) return 'right';
        if (scrolls(element, 'Y') && element.scrollHeight > element.clientHeight) return 'down';
        if (element.matches('.drawings > svg')) return 'right';
        return 'unknown';
    };

    const missed = () => stops.filter(stop => !stop.reached).map(stop => `${name(stop.element)} is not reached by Tab`);

    // A click that a key makes is noted, and goes no further: the page stays as it is.
    let clicked = null;
    function catchClicks() {
        addEventListener('click', event => {
            clicked = event.target;
            event.preventDefault();
            event.stopImmediatePropagation();
        }, { capture: true });
    }
    const wasClicked = () => {
        const was = clicked && (clicked === document.activeElement || document.activeElement.contains(clicked));
        clicked = null;
        return Boolean(was);
    };
    const state = ({ scrollLeft, scrollTop, value, textContent, ariaValueNow, dataset } = document.activeElement) => JSON.stringify([scrollLeft, scrollTop, value, textContent.length, ariaValueNow, dataset.at]);
    let remembered;
    const remember = () => { remembered = state(); };
    const changed = () => state() !== remembered;

    // ---- Words ----

    // Everything that main says, without spaces, as scripts that colour code cut it into other pieces; but for what scripts
    // add, and for hidden lines of code, which are shown where no script can unfold them.
    const text = () => {
        const main = document.querySelector('main') ?? document.body;
        const left = '.said, .machines, span.machine, [role=tablist], .says, .kept, .filters, .slider, .answer > summary, .predict:not(.opening) .result, .choosing, .all-answers > table, .board, .still, .run-here, .buttons, .boring, script, style, template';
        const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
        let text = '';
        while (walker.nextNode()) {
            const parent = walker.currentNode.parentElement;
            const isThere = parent.checkVisibility({ visibilityProperty: true }) || parent.closest('.listing > [hidden]');
            if (!parent.closest(left) && isThere) text += walker.currentNode.data;
        }
        return text.replace(/\s+/g, '');
    };

    function figures() {
        return all('main figure').flatMap(figure => {
            const drawings = all(':scope > svg, :scope > img, :scope > .drawings > svg', figure).filter(drawing => !drawing.matches('.drawings > *') || drawing.checkVisibility());
            const caption = figure.querySelector('figcaption');
            const found = [];
            const table = figure.querySelector(':scope > .scroll > table');
            if (!drawings.length && !table) found.push(`${name(figure)} has no drawing`);
            for (const drawing of drawings) {
                const { width, height } = drawing.getBoundingClientRect();
                if (width < 200 || height < 50) found.push(`the drawing of ${name(figure)} is ${width}×${height} px`);
                const own = all('text', drawing).filter(text => (text.closest('[data-e]')?.dataset.e ?? '0') === '0');
                for (const text of own) if (!shown(text)) found.push(`${name(text)} of a drawing isn't shown`);
            }
            if (!caption || !shown(caption)) found.push(`${name(figure)} has no caption`);
            return found;
        });
    }

    // Without scripts, the way to every other page is a link, in the page itself or in its frame.
    function links() {
        const documents = [document, ...all('iframe').map(frame => frame.contentDocument)];
        const targets = documents.flatMap(page => all('a[href]', page).filter(shown)).filter(link => link.origin === location.origin && link.pathname !== location.pathname);
        return targets.length ? [] : ['no link leads to another page'];
    }

    // Text in drawings, which axe leaves out: 4.5:1 against the page, or the shape that it stands on.
    function contrast() {
        const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
        const paint = colours => {
            canvas.clearRect(0, 0, 1, 1);
            for (const colour of colours) {
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
            }
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
        };
        const luminance = rgb => rgb.map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
            .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
        return all('main figure text').filter(shown).flatMap(text => {
            const grounds = ['#fff'];
            for (let box = text; box; box = box.parentElement) if (!box.ownerSVGElement) grounds.splice(1, 0, getComputedStyle(box).backgroundColor);
            // In the ground's colour it stands on the last shape that was drawn below it.
            const box = text.getBoundingClientRect();
            const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
            const below = text.matches('.o') && all('path:not(.s), rect, circle:not(.s)', text.ownerSVGElement)
                .filter(shape => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING && shown(shape))
                .findLast(shape => {
                    const { left, right, top, bottom } = shape.getBoundingClientRect();
                    return left <= x && x <= right && top <= y && y <= bottom;
                });
            if (below) grounds.push(getComputedStyle(below).fill);
            const [one, other] = [paint(grounds), paint([...grounds, getComputedStyle(text).fill])].map(luminance);
            const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
            return ratio < 4.5 ? [`${name(text)} of a drawing has a contrast of ${ratio.toFixed(2)} only`] : [];
        });
    }

    // ---- What a link says ----

    // Each page says what it is about, in as many words as are shown. What nobody is sent a link to doesn't.
    function head() {
        if (document.querySelector('meta[name=robots][content=noindex]')) return [];
        const fields = ['description', 'og:title', 'og:description', 'og:type', 'og:site_name', 'twitter:card'];
        const said = field => [...document.querySelectorAll(`meta[name="${field}"], meta[property="${field}"]`)].map(meta => meta.content);
        const found = fields.filter(field => said(field).length !== 1 || !said(field)[0]).map(field => `the head has not one ${field}`);
        if (said('description')[0]?.length > 160) found.push('the description is too long');
        if (!document.title.startsWith(said('og:title')[0])) found.push(`the title is ${document.title}`);
        return found;
    }

    // ---- Paper ----

    function whole() {
        const ids = all('[id]').map(element => element.id);
        const twice = [...new Set(ids.filter((id, index) => ids.indexOf(id) !== index))];
        const known = new Set(ids);
        const dead = all('main a[href]').filter(link => link.pathname === location.pathname && link.hash && !known.has(decodeURIComponent(link.hash.slice(1))));
        return [...twice.map(id => `the id ${id} is there twice`), ...dead.map(link => `the link ${link.hash} (${name(link)}) leads nowhere`)];
    }

    // What the style sheet for print leaves out is not missed, nor what a script has yet to say; what is folded can't be unfolded on paper.
    function paper() {
        return all('main details:not(.data)').flatMap(details => [...details.children]).filter(child => !child.matches('.said, .answer > summary, .run-here') && !child.checkVisibility({ contentVisibilityAuto: true }))
            .map(child => `${name(child)} is folded on paper`);
    }

    // ---- Predictions, and what is kept ----

    function prediction(number) {
        const box = all('.predict')[number];
        const [slider] = all('[type=range]', box);
        const { key } = box.dataset;
        return {
            box, slider, radios: all('[type=radio]', box), answer: box.querySelector('.answer'), forget: box.querySelector('.forget'),
            results: all('.predicted').filter(result => result.dataset.key === key),
            // The other drawing of a chart, for another width, isn't laid out.
            drawings: all('svg[data-axis]').filter(drawing => drawing.checkVisibility() && drawing.closest('figure').dataset.chart === box.dataset.chart),
        };
    }
    const chosen = ({ radios, slider }) => slider ? slider.valueAsNumber : radios.findIndex(radio => radio.checked);
    const says = ({ radios, slider }, index) => slider ? slider.getAttribute('aria-valuetext') : radios[index].closest('label').textContent.trim().replace(/\s+/g, ' ').replace(/\.$/, '');
    function isChosen(number, index) {
        const asked = prediction(number);
        const choice = says(asked, index);
        return chosen(asked) === index && asked.answer.open && (asked.results.length > 0 || asked.box.matches('.opening'))
            && [asked.answer, ...asked.results].every(result => result.querySelector('p.said').textContent.includes(choice));
    }
    // Right, near or wrong in words, as the page's data say of the edition that is shown first.
    function isMarked(number, index) {
        const { box, answer, results } = prediction(number);
        const word = { r: 'Right.', n: 'Near.', w: 'Wrong.', u: 'Not measured here.' }[box.dataset.marks[index]];
        return [answer.querySelector('.finding'), ...results].every(said => all('.said .word', said)
            .some(mark => shown(mark) && mark.textContent === word && (mark.dataset.e ?? '0') === '0'));
    }
    // On each drawing whose axis is known, once: a line at its value, or a band between its two.
    function isDrawn(number, index) {
        const { box, drawings } = prediction(number);
        const place = JSON.parse(box.dataset.places ?? '[]')[index] ?? null;
        return drawings.every(drawing => {
            const { scale, from, to, places: [start, end], across, along } = JSON.parse(drawing.dataset.axis);
            const log = scale === 'log' ? Math.log : value => value;
            const expected = place?.map(value => start + (end - start) * Math.min(1, Math.max(0, (log(value) - log(from)) / (log(to) - log(from)))));
            const guesses = all('.guess', drawing);
            if (guesses.length !== (place ? 1 : 0)) return false;
            // No line goes through a row's label.
            const labels = drawing.querySelector('.l');
            if (labels && guesses.some(guess => !(guess.compareDocumentPosition(labels) & Node.DOCUMENT_POSITION_FOLLOWING))) return false;
            return guesses.every(guess => {
                const box = guess.querySelector('path').getBBox();
                const label = guess.querySelector('text');
                const [low, length, other, wide] = along === 'x' ? [box.x, box.width, box.y, box.height] : [box.y, box.height, box.x, box.width];
                const near = (one, other) => Math.abs(one - other) < 0.6;
                return near(low, Math.min(...expected)) && near(low + length, Math.max(...expected)) && near(other, Math.min(...across))
                    && near(other + wide, Math.max(...across)) && /^your guess/.test(label.textContent);
            });
        });
    }
    function isForgotten(number) {
        const asked = prediction(number);
        return chosen(asked) === (asked.slider ? 0 : -1) && !asked.answer.open && !all('.guess', document).length
            && asked.results.every(result => /no prediction/.test(result.textContent));
    }
    // What another tab does to what is kept: the page hears of it as of any other tab.
    let taken = [];
    function elsewhere(forgets) {
        const frame = document.body.appendChild(document.createElement('iframe'));
        const { localStorage } = frame.contentWindow;
        if (forgets) {
            taken = Object.keys(localStorage).filter(key => key.startsWith('predict:')).map(key => [key, localStorage.getItem(key)]);
            for (const [key] of taken) localStorage.removeItem(key);
        } else for (const [key, value] of taken) localStorage.setItem(key, value);
        frame.remove();
    }

    // ---- The first screen ----

    function firstScreen(height) {
        const opening = document.querySelector('.opening');
        const found = [];
        const end = opening.querySelector('form').getBoundingClientRect().bottom + scrollY;
        if (end > height) found.push(`the prediction ends at ${Math.round(end)} px`);
        const spoiled = all('main .measured').find(number => !opening.contains(number) && number.compareDocumentPosition(opening) & Node.DOCUMENT_POSITION_FOLLOWING);
        if (spoiled) found.push(`${name(spoiled)} stands above the prediction`);
        if (opening.querySelector('.answer').open) found.push('the answer is open before the guess');
        const [radio] = all('[type=radio], [type=range]', opening);
        if (radio.type === 'range') {
            radio.value = 1;
            radio.dispatchEvent(new Event('input', { bubbles: true }));
            opening.querySelector('.show').click();
        } else radio.click();
        const figure = opening.querySelector('.answer figure');
        const top = shown(figure) ? figure.getBoundingClientRect().top + scrollY : Infinity;
        if (top > 900) found.push(`the chart begins at ${Math.round(top)} px`);
        opening.querySelector('.forget').click();
        return found;
    }

    // A database is listed once it is open, which takes the browser a while: whoever looks waits for what was asked for.
    const opening = [];
    const { open: openDatabase } = IDBFactory.prototype;
    IDBFactory.prototype.open = function (...of) {
        const request = openDatabase.apply(this, of);
        opening.push(new Promise(done => ['success', 'error', 'blocked'].forEach(end => request.addEventListener(end, done))));
        return request;
    };

    async function kept() {
        const found = [];
        await Promise.all(opening);
        const allowed = /^(?:predict:|machine$|mdbook-theme$|mdbook-sidebar$)/;
        for (const key of Object.keys(localStorage)) if (!allowed.test(key)) found.push(`localStorage holds ${key}`);
        for (const key of Object.keys(sessionStorage)) found.push(`sessionStorage holds ${key}`);
        for (const { name } of await indexedDB.databases()) found.push(`the database ${name} is there`);
        for (const key of 'caches' in globalThis ? await caches.keys() : []) found.push(`the cache ${key} is there`);
        for (const worker of await navigator.serviceWorker?.getRegistrations() ?? []) found.push(`the worker ${worker.scope} is there`);
        if (document.cookie) found.push(`the cookie ${document.cookie} is there`);
        if (location.search) found.push(`the address holds ${location.search}`);
        if (history.state !== null || window.name) found.push('the history or the window holds something');
        return found;
    }

    return { all, name, shown, wider, scrolls, open, sideways, moved, moving, violations, findStops, forMouseOnly, here, missed, catchClicks, wasClicked, remember, changed, text, figures, links, contrast, head, whole, paper, prediction, isChosen, isMarked, isDrawn, isForgotten, elsewhere, firstScreen, kept };
})();
