
// What is asked of charts, listings and terms.
(() => {
    const { all, name, shown, wider, scrolls } = inspect;
    const words = element => element.textContent.trim().replace(/\s+/g, ' ');
    const frames = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));

    // ---- Nothing is cut off, and all ends at one edge ----

    const cutOff = () => all('main pre > code').filter(code => shown(code) && wider(code))
        .map(code => `${name(code)} is ${code.scrollWidth - code.clientWidth} px wider than its box`);

    function edges() {
        const text = all('main > p').find(shown);
        if (!text) return [];
        const end = Math.round(text.getBoundingClientRect().right);
        return all('main > :is(p, ul, ol, pre, details, figure.chart, .listing, .verdict, .predict), main > figure.chart > .drawings').filter(shown).flatMap(element => {
            const { right } = element.getBoundingClientRect();
            return Math.abs(right - end) > 2 ? [`${name(element)} ends at ${Math.round(right)} px, and the text at ${end}`] : [];
        });
    }

    // A machine's picture may be as long as its program.
    const scrolling = () => all('main *:not(.machine .sight)').filter(element => scrolls(element, 'X') && wider(element) && shown(element))
        .map(element => `<${element.localName}.${element.className}> "${words(element).slice(0, 60)}" has to be scrolled sideways`);

    // ---- Charts ----

    const figures = () => all('figure.chart').filter(shown);
    const drawingsOf = figure => all(':scope > .drawings > svg', figure);
    const number = /\d|\b(?:once|twice|double|half|halves|thirds?|quarters?|fifths?|sixths?|sevenths?|eighths?|ninths?|tenths?|none|no|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|every|all|both|never)\b/i;

    const drawn = () => figures().flatMap(figure => {
        const found = [];
        const seen = drawingsOf(figure).filter(shown);
        if (seen.length !== 1) found.push(`${name(figure)} shows ${seen.length} drawings`);
        else if (seen[0].matches('.wide') !== figure.clientWidth > 600) found.push(`${name(figure)} is ${figure.clientWidth} px wide and shows the ${seen[0].classList[0]} drawing`);
        // A chapter's first answer says what its chart finds.
        const told = figure.closest('.opening')?.querySelector('.answer') ?? figure;
        const findings = all(':scope > .finding', told).filter(shown);
        if (findings.length !== 1) found.push(`${name(figure)} has ${findings.length} findings`);
        for (const finding of findings) if (!number.test(words(finding))) found.push(`the finding ${name(finding)} has no number`);
        return found;
    });

    const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
    function hue(colour) {
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
        const most = Math.max(red, green, blue);
        const range = most - Math.min(red, green, blue);
        if (range < 16) return null;
        const sixth = most === red ? (green - blue) / range : most === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
        return (sixth * 60 + 360) % 360;
    }

    // A role has the colour of its variable, of one hue in all themes, and so has all of a mark that isn't ground, axis or text.
    const hues = { thread: [195, 235], process: [15, 40], async: [165, 195], alone: null };
    function roles() {
        const found = [];
        const probe = document.body.appendChild(document.createElement('i'));
        for (const [role, range] of Object.entries(hues)) {
            probe.style.color = `var(--${role})`;
            const { color } = getComputedStyle(probe);
            const is = hue(color);
            if (range ? is === null || is < range[0] || is > range[1] : is !== null) found.push(`--${role} is ${color}`);
            for (const element of all(`main :is(.drawings, .shows) .${role}`).filter(shown)) {
                const paints = all(':is(path, circle, rect):not(.o:not(.s), .a, .g, .r, .k, .u)', element).map(shape => {
                    const { fill, stroke } = getComputedStyle(shape);
                    return shape.matches('.s') ? stroke : fill;
                });
                const other = [getComputedStyle(element).color, ...paints].find(paint => paint !== color);
                if (other) found.push(`${name(element)} has the colour ${other}, and ${role} is ${color}`);
            }
        }
        probe.remove();
        return [...new Set(found)];
    }

    // ---- The switch ----

    const buttons = () => all('.machines button').filter(shown);
    // Everything that is seen of the machine that is chosen, without the drawings.
    const said = () => ['figure.chart > .finding', 'main .measured', '.verdict'].map(selector => all(selector).filter(shown).map(element => element.innerText).join('; '));
    function switched(machine) {
        const found = [];
        const is = element => Number(element.dataset.e) === machine;
        for (const element of all('main [data-e]')) {
            const own = element.closest('svg');
            if (own && element.matches('.m, .m *')) {
                if (element.classList.contains('ghost') === is(element)) found.push(`${name(element)} of machine ${element.dataset.e} is ${is(element) ? 'a' : 'no'} ghost`);
            } else if (element.hidden === is(element) && element.hasAttribute('hidden') === is(element)) found.push(`${name(element)} of machine ${element.dataset.e} is ${is(element) ? 'hidden' : 'shown'}`);
        }
        for (const figure of figures()) {
            const ghosts = all('.ghost', drawingsOf(figure).find(shown));
            const alike = figure.matches('.matrix, .gantt, .stack');
            if (!alike && ghosts.length && !ghosts.some(ghost => ghost.checkVisibility() && getComputedStyle(ghost).opacity > 0)) found.push(`${name(figure)} shows no ghost`);
        }
        const pressed = buttons().filter(button => button.ariaPressed === 'true');
        if (pressed.some(button => Number(button.dataset.machine) !== machine) || buttons().length && !pressed.length) found.push(`the button of machine ${machine} isn't the one that is pressed`);
        return found.slice(0, 5);
    }

    // ---- What a mark says ----

    const charts = () => all('.drawings > svg').filter(svg => shown(svg) && svg.querySelector('[data-c]'));
    const marksOf = svg => all('[data-c]', svg).filter(mark => !mark.closest('.ghost'));
    const told = () => document.querySelector('.drawings > .told');
    // Where Tab goes from here, the chart is next.
    function before(svg) {
        const stop = document.createElement('button');
        svg.parentElement.before(stop);
        stop.focus();
        svg.addEventListener('focus', () => stop.remove(), { once: true });
    }
    // What is told now, against the table, and what lights up.
    function answers(svg) {
        const at = svg.dataset.at;
        if (!at || !told()) return ['no mark answers'];
        const found = [];
        const cell = svg.closest('figure').querySelector(`:is(td, th)[data-c="${at}"]`);
        if (!cell) return [`the table has no ${at}`];
        const says = words(told());
        const row = cell.parentElement.cells[0];
        for (const part of new Set([words(cell), row.matches('[rowspan]') || row.matches('th') ? words(row) : ''])) if (!says.includes(part)) found.push(`a mark says "${says}" without "${part}"`);
        const { left, right } = told().getBoundingClientRect();
        if (left < 0 || right > document.documentElement.clientWidth) found.push(`what a mark says reaches from ${Math.round(left)} to ${Math.round(right)} px`);
        const variant = svg.querySelector(`[data-c="${at}"]`).closest('[data-v]')?.dataset.v;
        if (!svg.querySelector('.lit')) found.push('a mark that answers is not lit');
        for (const other of variant ? all(`main [data-v~="${CSS.escape(variant)}"]`) : []) {
            const plain = getComputedStyle(other).backgroundColor === 'rgba(0, 0, 0, 0)';
            const marked = other.matches('.measured, .finding *, .session *');
            if (!other.matches('.lit') || marked && plain) found.push(`${name(other)} of the same variant doesn't light up`);
        }
        return [...new Set(found)].slice(0, 3);
    }
    const silent = () => !told() && !document.querySelector('.lit, .picked');
    // A place on a mark, in the middle of the screen, where it is the nearest.
    function place(svg) {
        svg.scrollIntoView({ block: 'center', behavior: 'instant' });
        const { left, top, width, height } = marksOf(svg)[0].getBoundingClientRect();
        return [left + width / 2, top + height / 2];
    }

    // ---- Listings ----

    const listings = () => all('.listing').filter(shown);
    const tabbed = (listing, at) => {
        const tabs = all(':scope > [role=tablist] > [role=tab]', listing);
        const sections = all(':scope > section', listing);
        return tabs[at].ariaSelected === 'true' && document.activeElement === tabs[at] && tabs.filter(tab => tab.tabIndex === 0).length === 1
            && sections.every((section, place) => section.checkVisibility() === (place === at)) && tabs[at].getAttribute('aria-controls') === sections[at].id;
    };
    const stacked = () => listings().flatMap(listing => {
        const boxes = all(':scope > section', listing).map(section => section.getBoundingClientRect());
        const below = boxes.every((box, at) => box.height > 0 && (!at || box.top >= boxes[at - 1].bottom - 1));
        return below ? [] : [`the ways of ${name(listing)} don't stand one below the other`];
    });

    // ---- Terms ----

    const term = () => document.querySelector('.term');
    const link = () => all('main a[href*="glossary.html#"]').find(shown);
    function isOpen() {
        if (!term()) return false;
        const { left, right, top, bottom } = term().getBoundingClientRect();
        return words(term()).length > 20 && document.activeElement === term() && link().ariaExpanded === 'true' && left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
    }

    // ---- Nothing tells before it is asked ----

    const folded = '.answer, details, .guesses, svg, script, style, .predict, .kept';
    // What a measured number is of, and how it is said.
    const points = measured => [measured, ...measured.querySelectorAll('[title]')].map(({ title }) => title.split(',')[0]).filter(Boolean);
    function spoiled() {
        return all('.predict').flatMap(box => {
            const isAbove = element => box.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING && !element.closest(folded);
            const answers = all('.answer .measured', box).concat(all('.predicted').filter(result => result.dataset.key === box.dataset.key).flatMap(result => all('.result .measured', result)));
            const own = new Set(answers.flatMap(points));
            const above = all('main .measured').filter(isAbove).filter(measured => points(measured).some(point => own.has(point)));
            const text = all('main > :is(p, ul, ol, table, h1, h2, h3, blockquote, .table-wrapper)').filter(isAbove).map(words).join('\n');
            const numbers = answers.flatMap(answer => answer.children.length ? [...answer.children] : [answer]).map(words).filter(said => /\d.*\D|\d{3}/.test(said));
            const told = numbers.filter(said => text.includes(said));
            const charts = all(`main figure[data-chart="${box.dataset.chart}"]`).filter(isAbove);
            return [...new Set([...above, ...charts].map(element => `${name(element)} above ${box.id} tells its answer`).concat(told.map(said => `"${said}" above ${box.id} is its answer`)))];
        });
    }
    // On the front page no number that was measured stands outside of what is folded.
    const frontPage = () => all('main .measured').filter(number => !number.closest('.answer, details')).map(number => `${name(number)} is told on the front page`);
    const results = () => all('main .measured').flatMap(number => number.children.length ? [...number.children] : [number]).map(words);

    Object.assign(inspect, { frames, cutOff, edges, scrolling, drawn, roles, buttons, said, switched, charts, marksOf, before, answers, silent, place, listings, tabbed, stacked, link, isOpen, spoiled, frontPage, results });
})();
