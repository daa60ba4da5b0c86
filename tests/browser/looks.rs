//! How pages look, and whether everybody can use them.

use crate::{axe, browser::Browser};

/// Takes pictures of the page that is open: on a desk by day and by night, and on a narrow phone. No finding of the
/// accessibility checker may be grave, and nothing may need scrolling sideways.
pub fn look(browser: &Browser, name: &str) {
    axe::check(browser, name);
    browser.screenshot(name);
    browser.dark(true);
    axe::check_colours(browser, &format!("{name}-dark"));
    browser.screenshot(&format!("{name}-dark"));
    browser.dark(false);
    browser.phone();
    browser.screenshot(&format!("{name}-phone"));
    let overflow = browser.overflow();
    assert_eq!(overflow, 0, "{name} is {overflow} pixels too wide for a phone ({})", browser.url());
    browser.desk();
}
