# Writes dumps as R does: Rscript dumps.R FOLDER. Called by systems.py, whose values are the same.
suppressMessages({library(readr); library(data.table); library(jsonlite)})
setwd(commandArgs(TRUE)[1])
p <- matrix(c(0.91, 0.06, 0.03, 0.12, 0.71, 0.17, 0.05, 0.4, 0.55, 0.2, 0.625, 0.175, 0.64, 0.27, 0.09, 0.015, 0.235,
              0.75), ncol = 3, byrow = TRUE)
species <- c("setosa", "versicolor", "virginica")
colnames(p) <- species
truth <- species[c(0, 1, 2, 2, 0, 1) + 1]
pred <- species[max.col(p)]
classes <- data.frame(p, truth = factor(truth))
positive <- c(0.83, 0.27, 0.64, 0.08, 0.945, 0.35, 0.52)
label <- c(1L, 0L, 1L, 0L, 1L, 1L, 0L)
two <- data.frame(obs = label, prob = positive)

write.csv(classes, "r-base.csv")
write.csv2(classes, "r-base2.csv")
write.table(classes, "r-table.txt")
write.table(classes, "r-tab.tsv", sep = "\t", quote = FALSE, row.names = FALSE)
write_csv(classes, "r-readr.csv")
write_csv2(classes, "r-readr2.csv")
write_excel_csv2(classes, "r-excel2.csv")
fwrite(classes, "r-fwrite.csv")
fwrite(classes, "r-fwrite2.csv", sep = ";", dec = ",")
write_json(classes, "r-rows.json", digits = NA)
write_json(classes, "r-columns.json", dataframe = "columns", digits = NA)
write.csv(two, "r-two.csv", row.names = FALSE)
write.csv2(data.frame(obs = label == 1, prob = positive), "r-logical2.csv")
names <- paste0(".pred_", species)
tidy <- setNames(data.frame(pred, p, 1:6, truth), c(".pred_class", names, ".row", "Species"))
write_csv(tidy, "r-tidymodels.csv")
answer <- ifelse(label == 1, "yes", "no")
write_csv(data.frame(id = "Fold1", .pred_class = ifelse(positive > 0.5, "yes", "no"), .pred_no = 1 - positive,
                     .pred_yes = positive, .row = 1:7, churn = answer, .config = "Preprocessor1_Model1"),
          "r-collect.csv")
write.csv(data.frame(pred = pred, obs = truth, p, rowIndex = 1:6, C = 1, Resample = "Fold1"), "r-caret.csv")
write.csv(setNames(data.frame(1:6, truth, pred, p), c("row_ids", "truth", "response", paste0("prob.", species))),
          "r-mlr3.csv", row.names = FALSE)
y <- as.integer(iris$Species == "virginica")
model <- glm(y ~ Petal.Length + Sepal.Width, binomial, cbind(iris, y))
shown <- c(6, 57, 71, 78, 107, 120, 134, 149)
write.csv(cbind(iris[shown, c(2, 3, 5)], y = y[shown], fitted = predict(model, iris[shown, ], "response")), "r-glm.csv")
sink("r-print.txt"); print(classes, digits = 15); sink()
