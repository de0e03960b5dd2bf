export const cardWords = {
  question: (at: number, of: number) => `Question ${at} of ${of}`, next: "See what happens", back: "Change the answers", deploy: "Deploy", seeAll: "See every change", noQuestions: "Nothing is asked.",
  making: "Working out what would happen. Nothing is done.", where: (title: string) => `in ${title}`, cannot: "This cannot be deployed yet.", edit: "Open in the studio",
  problems: "The workflow has problems that its author has to solve first.",
};
