"""What all plots share: colours legible on a light and on a dark ground, and how money is written."""

DOLLARS = "$,.0f"
BLUE, ORANGE, GREY = "#3b8fd6", "#e8853a", "#8a8f98"
