"""What a visitor reads on a page under test, and presses."""

from streamlit.testing.v1 import AppTest


def pressed(form: AppTest, label: str) -> AppTest:
    """The page after the button of that label was pressed."""
    next(button for button in form.button if button.label == label).click().run()
    return form


def said(form: AppTest) -> str:
    """All words on the page, without the marks that keep Markdown literal."""
    kinds = (form.markdown, form.caption, form.info, form.warning, form.error, form.success)
    return "\n".join(each.value for kind in kinds for each in kind).replace("\\", "")
