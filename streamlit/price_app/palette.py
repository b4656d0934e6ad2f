"""What all plots share: how money is written, and colours legible on a light and a dark ground."""

DOLLARS = "$,.0f"
BLUE, ORANGE, GREY = "#3b8fd6", "#e8853a", "#8a8f98"
