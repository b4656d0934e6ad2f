"""The web form's entry: the pages and what they share."""

from pathlib import Path

import streamlit as st

from price_app.backend import Backend
from price_app.pages import about, health, many, price
from price_app.settings import Settings

# A file of ours: each visitor's browser would fetch an emoji's or a named icon's picture from the
# Internet. The pages have no icons for the same reason.
ICON = Path(__file__).parent / "price_app" / "icon.svg"


def main() -> None:
    """Draw the page that the visitor is on."""
    backend = Backend(Settings())

    def price_page() -> None:
        price.show(backend)

    def many_page() -> None:
        many.show(backend)

    def about_page() -> None:
        about.show(backend)

    def health_page() -> None:
        health.show(backend)

    pages = [
        st.Page(price_page, title="What is it worth?", default=True),
        st.Page(many_page, title="Many at once", url_path="many"),
        st.Page(about_page, title="About the model", url_path="model"),
        st.Page(health_page, title="Health of the model", url_path="health"),
    ]
    page = st.navigation(pages, position="top")
    st.set_page_config(page_title=f"{page.title} · Vehicle price", page_icon=ICON)
    page.run()


if __name__ == "__main__":
    main()
