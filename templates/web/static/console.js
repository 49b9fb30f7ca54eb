// The console: on narrow screens the section that is open is brought into sight.
document.querySelector(".sections [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
